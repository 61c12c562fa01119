import type { ClientIdentity } from './client-identity.js'
import type { Clock } from './clock.js'
import { isSameAccount, withRefreshedTokens, type ChatgptCredential, type Credential } from './credential.js'
import { AuthError, isAuthError } from './errors.js'
import { dueReason } from './expiry.js'
import type { Logger } from './logger.js'
import type { Fetch } from './network-failure.js'
import { isFinalRefreshFailure, processRefreshResponse, refreshRequest, type RefreshReason } from './oauth/refresh.js'
import type { Provider } from './providers/provider.js'
import { recallVerdict, rememberVerdict, type RefreshVerdicts } from './refresh-verdicts.js'
import { accountMismatch, requireChatgpt } from './require-chatgpt.js'
import { fingerprint, type Secret } from './secret.js'
import type { ServerClock } from './server-clock.js'
import type { SessionEvents } from './session-events.js'
import type { Change, ChangeContext, CredentialStore, UnfinishedIntent } from './store.js'

/** What a rotation is made of. */
export interface RotationOptions {
  readonly store: CredentialStore
  readonly provider: Provider
  readonly identity: ClientIdentity
  readonly fetch: Fetch
  readonly clock: Clock
  readonly logger: Logger
  readonly verdicts: RefreshVerdicts
  readonly refreshWindowMs: number
  readonly events: SessionEvents
  readonly serverClock: ServerClock
}

/** Spends refresh tokens, each at most once, and never loses what came back. */
export interface Rotation {
  /**
   * Refreshes what is stored, or adopts it when somebody else already has.
   *
   * @param seen The credential the caller found wanting.
   * @throws AuthError `ERR_STORE_WRITE_AFTER_ROTATION` when what came back is `unsaved`; `ERR_TOKEN_*`, `ERR_SIGN_IN_REQUIRED`,
   *   `ERR_STORE_*`, `ERR_NETWORK_*`, `ERR_UPSTREAM_*` when nothing came back
   */
  readonly rotate: (seen: ChatgptCredential, reason: RefreshReason) => Promise<ChatgptCredential>
  /** A credential whose token is rotated at the server but could not be stored yet. */
  readonly unsaved: () => ChatgptCredential | undefined
  /** What to go by: the store's word, unless its token is one we have spent and whose successor we hold. */
  readonly latest: (stored: ChatgptCredential) => ChatgptCredential
  /** Tries again to store it; a failure is logged and keeps it. */
  readonly persistUnsaved: () => Promise<void>
  /** Drops it: the sign-in has ended. */
  readonly release: () => void
}

/** A rotation over the credential in `store`. */
export function createRotation(options: RotationOptions): Rotation {
  const { store, provider, clock, logger, verdicts, events, serverClock } = options
  let unsaved: { credential: ChatgptCredential; spentToken: Secret } | undefined

  function latest(stored: ChatgptCredential): ChatgptCredential {
    const isSpent = unsaved && stored.refreshToken?.equals(unsaved.spentToken)
    return unsaved && isSpent ? unsaved.credential : stored
  }

  function isAlreadyRefreshed(current: ChatgptCredential, seen: ChatgptCredential): boolean {
    if (current.accessToken.equals(seen.accessToken)) return false
    return dueReason(current, serverClock.now(), options.refreshWindowMs) === undefined
  }

  async function requireLiveToken(current: ChatgptCredential): Promise<Secret> {
    const token = current.refreshToken
    if (!token) throw new AuthError('ERR_TOKEN_NOT_REFRESHABLE', 'This sign-in has no refresh token.')
    const verdict = await recallVerdict(verdicts, token)
    if (verdict) {
      const since = new Date(verdict.atMs).toISOString()
      throw new AuthError(verdict.code, `The server refused this sign-in for good at ${since}.`)
    }
    return token
  }

  async function exchange(current: ChatgptCredential, token: Secret, reason: RefreshReason) {
    const issuer = current.provenance?.issuer ?? provider.issuer
    const clientId = current.provenance?.clientId ?? provider.clientId
    const grant = { issuer, clientId, refreshToken: token, reason }
    const sentAtMs = clock.now()
    const { refresh = refreshRequest, renew = renewAsCodex } = provider.ways ?? {}
    const response = await refresh(grant, options, current, serverClock.now())
    serverClock.learn(response, sentAtMs)
    return renew(current, response, serverClock.now())
  }

  /** A token refused for good is remembered as dead. When the store holds another one by now, somebody else has won. */
  async function afterRefusal(token: Secret, error: unknown): Promise<ChatgptCredential> {
    if (!isAuthError(error) || !isFinalRefreshFailure(error.code)) throw error
    await rememberVerdict(verdicts, token, error, clock.now())
    const stored = latest(requireChatgpt(await store.read(), provider))
    if (stored.refreshToken && !stored.refreshToken.equals(token)) return stored
    throw explain(error, await store.unfinishedIntent?.(await fingerprint(token)))
  }

  async function rotate(seen: ChatgptCredential, reason: RefreshReason): Promise<ChatgptCredential> {
    let rotated: typeof unsaved
    const change = async (
      stored: Credential | undefined,
      context: ChangeContext,
    ): Promise<Change<ChatgptCredential>> => {
      const current = latest(requireChatgpt(stored, provider))
      if (!isSameAccount(current, seen)) throw accountMismatch()
      if (isAlreadyRefreshed(current, seen)) return { keep: true, result: current }
      const spentToken = await requireLiveToken(current)
      await context.announce({ tokenFingerprint: await fingerprint(spentToken), reason, atMs: clock.now() })
      try {
        rotated = { credential: await exchange(current, spentToken, reason), spentToken }
      } catch (error) {
        return { keep: true, result: await afterRefusal(spentToken, error) }
      }
      return { write: rotated.credential, result: rotated.credential }
    }
    try {
      const result = await store.update(change)
      if (rotated) reportStored(rotated.credential)
      return result
    } catch (error) {
      if (!rotated) throw error
      unsaved = { credential: rotated.credential, spentToken: storedToken(rotated.spentToken) }
      throw reportUnsaved(error)
    }
  }

  function reportStored({ expiresAtMs }: ChatgptCredential): void {
    if (unsaved) events.emit({ type: 'persist-recovered' })
    unsaved = undefined
    events.emit({ type: 'refreshed', ...(expiresAtMs !== undefined && { expiresAtMs }) })
  }

  function reportUnsaved(cause: unknown): AuthError {
    const summary = `The refreshed sign-in could not be stored in ${store.describe()}.`
    const error = new AuthError('ERR_STORE_WRITE_AFTER_ROTATION', summary, { cause })
    events.emit({ type: 'persist-failed', error })
    return error
  }

  /** The store still holds the token of the first write that failed, however often we have rotated in memory since. */
  function storedToken(spentToken: Secret): Secret {
    return unsaved?.spentToken ?? spentToken
  }

  async function persistUnsaved(): Promise<void> {
    if (!unsaved) return
    try {
      await store.update(async (stored): Promise<Change<void>> => {
        // Looked at in our turn: the turn before may have rotated it again, stored it, or both.
        const pending = unsaved
        const isOurs = stored?.mode === provider.mode && pending && stored.refreshToken?.equals(pending.spentToken)
        return isOurs ? { write: pending.credential, result: undefined } : { keep: true, result: undefined }
      })
      // Whoever else was at it has told of it already.
      if (unsaved) events.emit({ type: 'persist-recovered' })
      unsaved = undefined
    } catch (error) {
      logger.warn(`The refreshed sign-in is still not stored. ${String(error)}`)
    }
  }

  const release = () => {
    unsaved = undefined
  }
  return { rotate, unsaved: () => unsaved?.credential, latest, persistUnsaved, release }
}

async function renewAsCodex(current: ChatgptCredential, response: Response, nowMs: number): Promise<ChatgptCredential> {
  return withRefreshedTokens(current, await processRefreshResponse(response), nowMs)
}

/** Why a token of ours was used already, when the store knows of a refresh whose answer never came home. */
function explain(error: AuthError, intent: UnfinishedIntent | undefined): AuthError {
  if (!intent || error.code !== 'ERR_TOKEN_REFRESH_REUSED') return error
  const began = `A refresh that process ${intent.pid} on ${intent.host} began at ${new Date(intent.atMs).toISOString()}`
  return new AuthError(error.code, `${began} never brought its answer home, and the server says its token is spent.`)
}
