import { createAuthorizedFetch } from './authorized-fetch.js'
import { createClientIdentity, type ClientIdentity } from './client-identity.js'
import { systemClock, type Clock } from './clock.js'
import { isSameAccount, type ChatgptCredential } from './credential.js'
import { AuthError } from './errors.js'
import { defaultRefreshWindowMs, dueReason, isExpired } from './expiry.js'
import { silentLogger, type Logger } from './logger.js'
import type { Fetch } from './network-failure.js'
import type { RefreshReason } from './oauth/refresh.js'
import { codexProvider, type Provider } from './providers/codex.js'
import { createMemoryVerdicts, recallVerdict, type RefreshVerdicts } from './refresh-verdicts.js'
import { accountMismatch, requireChatgpt } from './require-chatgpt.js'
import { createRotation } from './rotation.js'
import type { Secret } from './secret.js'
import { toSessionStatus, type SessionStatus } from './session-status.js'
import { signOut, type SignOutResult } from './sign-out.js'
import type { CredentialStore } from './store.js'
import { waitFor } from './wait-for.js'

export interface SessionOptions {
  readonly store: CredentialStore
  /** Default: OpenAI's own issuer and backend. */
  readonly provider?: Provider
  /** Who we say we are, see `createClientIdentity`; default `planpass`. */
  readonly identity?: ClientIdentity
  readonly fetch?: Fetch
  readonly clock?: Clock
  readonly logger?: Logger
  /** How long before its end an access token is refreshed, in milliseconds; default five minutes. */
  readonly refreshWindowMs?: number
  /** Where dead refresh tokens are remembered; default: for the life of the session. */
  readonly verdicts?: RefreshVerdicts
}

export interface WaitOptions {
  /** Ends the waiting. A refresh that is on the wire goes on: its answer must not be lost. */
  readonly signal?: AbortSignal | undefined
}

/** A sign-in that is kept alive. Creating one neither reads, writes, asks nor connects. */
export interface Session {
  readonly provider: Provider
  readonly identity: ClientIdentity
  /** What is known without asking anybody: reads the store, never the network, never refreshes. */
  status(): Promise<SessionStatus>
  /**
   * The credential to sign with, refreshed first when its access token ends within the refresh window. When that refresh fails for a passing
   * reason, a token that has not ended yet is still returned.
   *
   * @throws AuthError `ERR_SIGN_IN_REQUIRED`, `ERR_TOKEN_*`, `ERR_STORE_*`, `ERR_NETWORK_*`, `ERR_UPSTREAM_*`
   */
  credential(options?: WaitOptions): Promise<ChatgptCredential>
  /** The access token of `credential()`. */
  accessToken(options?: WaitOptions): Promise<Secret>
  /** Refreshes now, due or not. Throws as `credential` does, also for passing reasons. */
  refresh(options?: WaitOptions): Promise<ChatgptCredential>
  /** Revokes the session at the issuer and forgets it here; the second happens whatever becomes of the first. */
  signOut(): Promise<SignOutResult>
  /**
   * `fetch` with the token, the account and our name in the headers. Goes to the backend's own origin and to no other, follows no redirect,
   * and replays once after a 401 with a token that is newer.
   *
   * @throws AuthError `ERR_TOKEN_WRONG_ORIGIN`, `ERR_UPSTREAM_REDIRECT`, and what `credential` throws
   */
  readonly fetch: Fetch
  /** As `fetch`, but never refreshes: for reading usage or models. @throws AuthError `ERR_TOKEN_EXPIRED` too */
  readonly readOnlyFetch: Fetch
}

/** A session over the credential in `store`. */
export function createSession(options: SessionOptions): Session {
  const { store, provider = codexProvider, refreshWindowMs = defaultRefreshWindowMs } = options
  const { clock = systemClock, logger = silentLogger, verdicts = createMemoryVerdicts() } = options
  const { fetch = (input, init) => globalThis.fetch(input, init), identity = createClientIdentity() } = options
  const rotation = createRotation({ store, provider, identity, fetch, clock, logger, verdicts, refreshWindowMs })

  /** The last credential seen. Its account is the one this session is for. */
  let held: ChatgptCredential | undefined
  let refreshing: Promise<ChatgptCredential> | undefined

  async function reload(): Promise<ChatgptCredential> {
    const stored = requireChatgpt(await store.read())
    return hold(rotation.unsaved() ?? stored)
  }

  function hold(next: ChatgptCredential): ChatgptCredential {
    if (held && !isSameAccount(held, next)) throw accountMismatch()
    held = next
    return next
  }

  /** One refresh at a time, shared by everybody who asks meanwhile. */
  function refreshOnce(reason: RefreshReason): Promise<ChatgptCredential> {
    refreshing ??= rotation
      .rotate(held, reason)
      .then(hold)
      .finally(() => {
        held = rotation.unsaved() ?? held
        refreshing = undefined
      })
    return refreshing
  }

  async function current(): Promise<ChatgptCredential> {
    if (rotation.unsaved()) await rotation.persistUnsaved()
    if (held && !dueReason(held, clock.now(), refreshWindowMs)) return held
    const credential = await reload()
    const reason = dueReason(credential, clock.now(), refreshWindowMs)
    if (!reason || (!credential.refreshToken && !isExpired(credential, clock.now()))) return credential
    try {
      return await refreshOnce(reason)
    } catch (error) {
      const alive = rotation.unsaved() ?? credential
      if (isExpired(alive, clock.now())) throw error
      logger.warn(`The access token is still good, but the refresh failed. ${String(error)}`)
      return alive
    }
  }

  /** After a 401: somebody else's newer token first, then a refresh of our own. */
  async function recover(rejected: ChatgptCredential): Promise<ChatgptCredential> {
    if (held && !held.accessToken.equals(rejected.accessToken)) return held
    const stored = await reload()
    return stored.accessToken.equals(rejected.accessToken) ? refreshOnce('unauthorized_recovery') : stored
  }

  async function unexpired(): Promise<ChatgptCredential> {
    const credential = await reload()
    if (isExpired(credential, clock.now())) throw new AuthError('ERR_TOKEN_EXPIRED', 'The access token has ended.')
    return credential
  }

  const credential = (wait: WaitOptions = {}) => waitFor(current, wait.signal)
  const signing = { provider, identity, fetch }
  return {
    provider,
    identity,
    status: async () => {
      const stored = await store.read()
      const token = stored?.mode === 'chatgpt' ? stored.refreshToken : undefined
      const verdict = token && (await recallVerdict(verdicts, token))
      return toSessionStatus(stored, verdict, store.describe(), clock.now())
    },
    credential,
    accessToken: async (wait) => (await credential(wait)).accessToken,
    refresh: async (wait) => {
      await waitFor(reload, wait?.signal)
      return waitFor(() => refreshOnce('forced'), wait?.signal)
    },
    signOut: async () => {
      await rotation.persistUnsaved()
      const result = await signOut({ store, provider, identity, fetch })
      held = undefined
      return result
    },
    fetch: createAuthorizedFetch({
      ...signing,
      credential: (signal) => waitFor(current, signal),
      recover: (rejected, signal) => waitFor(() => recover(rejected), signal),
    }),
    readOnlyFetch: createAuthorizedFetch({ ...signing, credential: unexpired }),
  }
}
