import { createAuthorizedFetch } from './authorized-fetch.js'
import { createClientIdentity, type ClientIdentity } from './client-identity.js'
import { systemClock, type Clock } from './clock.js'
import { createCredentialWatch } from './credential-watch.js'
import type { ChatgptCredential } from './credential.js'
import { AuthError, isAuthError } from './errors.js'
import { defaultRefreshWindowMs, dueReason, isExpired } from './expiry.js'
import { silentLogger, type Logger } from './logger.js'
import type { Fetch } from './network-failure.js'
import type { RefreshReason } from './oauth/refresh.js'
import { codexProvider, type Provider } from './providers/codex.js'
import { startRecovery, type RecoveryActions } from './recovery.js'
import { createMemoryVerdicts, recallVerdict, type RefreshVerdicts } from './refresh-verdicts.js'
import { createRotation } from './rotation.js'
import type { Secret } from './secret.js'
import { createServerClock } from './server-clock.js'
import { createSessionEvents, type SessionListener } from './session-events.js'
import { toSessionStatus, type SessionStatus } from './session-status.js'
import { forget, revoke, signOut, type ForgetResult, type SignOutOptions, type SignOutResult } from './sign-out.js'
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
  /** Between 0 and 1, for the jitter of proactive refreshes; default `Math.random`. */
  readonly random?: () => number
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
  /** Forgets the sign-in here and tells nobody: at the issuer, and wherever else its tokens lie, it lives on. */
  forget(): Promise<ForgetResult>
  /** Revokes the session at the issuer, which may end it on other devices too. When the issuer does not, it is kept to be tried again. */
  revoke(): Promise<SignOutResult>
  /** Tells `listener` what happens to the session, until the returned function is called. */
  subscribe(listener: SessionListener): () => void
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
  const { store, provider = codexProvider, clock = systemClock, logger = silentLogger } = options
  const { fetch = (input, init) => globalThis.fetch(input, init), identity = createClientIdentity() } = options
  const { verdicts = createMemoryVerdicts() } = options
  const refreshWindowMs = withJitter(options.refreshWindowMs ?? defaultRefreshWindowMs, options.random ?? Math.random)
  const events = createSessionEvents(logger.warn)
  const serverClock = createServerClock(clock)
  const parts = { store, provider, identity, fetch, clock, logger, verdicts, refreshWindowMs, events, serverClock }
  const rotation = createRotation(parts)
  const watch = createCredentialWatch({ store, clock, events, latest: rotation.latest })
  let refreshing: Promise<ChatgptCredential> | undefined

  /** One refresh at a time, shared by everybody who asks meanwhile. */
  function refreshOnce(seen: ChatgptCredential, reason: RefreshReason): Promise<ChatgptCredential> {
    refreshing ??= rotation
      .rotate(seen, reason)
      .then(watch.hold)
      .finally(() => {
        const unsaved = rotation.unsaved()
        if (unsaved) watch.hold(unsaved)
        refreshing = undefined
      })
    return refreshing
  }

  async function current(): Promise<ChatgptCredential> {
    if (rotation.unsaved()) await rotation.persistUnsaved()
    const credential = watch.fresh() ?? (await lookOrKeep())
    const reason = dueReason(credential, serverClock.now(), refreshWindowMs)
    const isHopeless = !credential.refreshToken && !isExpired(credential, serverClock.now())
    if (!reason || isHopeless) return credential
    try {
      return await refreshOnce(credential, reason)
    } catch (error) {
      const alive = rotation.unsaved() ?? credential
      if (isExpired(alive, serverClock.now())) throw error
      logger.warn(`The access token is still good, but the refresh failed. ${String(error)}`)
      return alive
    }
  }

  /** A store in trouble takes nothing away from a token that is held and good. */
  async function lookOrKeep(): Promise<ChatgptCredential> {
    try {
      return await watch.look()
    } catch (error) {
      const held = watch.held()
      const isStoreTrouble = isAuthError(error) && error.code.startsWith('ERR_STORE_')
      if (!isStoreTrouble || !held || isExpired(held, serverClock.now())) throw error
      logger.warn(`The store could not be read; going on with what is held. ${String(error)}`)
      return held
    }
  }

  async function unexpired(): Promise<ChatgptCredential> {
    const credential = await watch.look()
    if (!isExpired(credential, serverClock.now())) return credential
    throw new AuthError('ERR_TOKEN_EXPIRED', 'The access token has ended.')
  }

  async function status(): Promise<SessionStatus> {
    const stored = await store.read()
    const token = stored?.mode === 'chatgpt' ? stored.refreshToken : undefined
    const verdict = token && (await recallVerdict(verdicts, token))
    return toSessionStatus(stored, verdict, store.describe(), clock.now())
  }

  async function end<Result extends ForgetResult>(how: (options: SignOutOptions) => Promise<Result>): Promise<Result> {
    await rotation.persistUnsaved()
    const result = await how(parts)
    const isKept = !result.removed && 'failure' in result
    if (!isKept) watch.release()
    if (result.removed) events.emit({ type: 'signed-out' })
    return result
  }

  const recoveryActions: RecoveryActions<ChatgptCredential> = {
    reload: watch.reload,
    refresh: (rejected) => refreshOnce(rejected, 'unauthorized_recovery'),
    isSame: (one, other) => one.accessToken.equals(other.accessToken),
  }
  const signing = { provider, identity, fetch }
  const credential = (wait: WaitOptions = {}) => waitFor(current, wait.signal)
  return {
    provider,
    identity,
    status,
    credential,
    accessToken: async (wait) => (await credential(wait)).accessToken,
    refresh: async (wait) => {
      const stored = await waitFor(watch.reload, wait?.signal)
      return waitFor(() => refreshOnce(stored, 'forced'), wait?.signal)
    },
    signOut: () => end(signOut),
    forget: () => end(forget),
    revoke: () => end(revoke),
    subscribe: events.subscribe,
    fetch: createAuthorizedFetch({
      ...signing,
      credential: (signal) => waitFor(current, signal),
      startRecovery: () => startRecovery(recoveryActions),
    }),
    readOnlyFetch: createAuthorizedFetch({ ...signing, credential: unexpired }),
  }
}

/** Up to a tenth earlier, so that many processes do not come due in the same instant. */
function withJitter(windowMs: number, random: () => number): number {
  return windowMs * (1 + random() / 10)
}
