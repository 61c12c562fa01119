import { createAuthorizedFetch } from './authorized-fetch.js'
import { createClientIdentity, type ClientIdentity } from './client-identity.js'
import { systemClock, type Clock } from './clock.js'
import { createCredentialSupply } from './credential-supply.js'
import { createCredentialWatch } from './credential-watch.js'
import type { ChatgptCredential } from './credential.js'
import { defaultRefreshWindowMs } from './expiry.js'
import { silentLogger, type Logger } from './logger.js'
import { platformFetch, type Fetch } from './network-failure.js'
import { codexProvider } from './providers/codex.js'
import type { RefreshReason } from './oauth/refresh.js'
import type { Provider } from './providers/provider.js'
import { startRecovery, type RecoveryActions } from './recovery.js'
import { createMemoryVerdicts, type RefreshVerdicts } from './refresh-verdicts.js'
import { createRotation } from './rotation.js'
import type { Secret } from './secret.js'
import { createServerClock } from './server-clock.js'
import { createSessionEvents, type SessionListener } from './session-events.js'
import { readSessionStatus, type SessionStatus } from './session-status.js'
import { forget, revoke, signOut, type ForgetResult, type SignOutOptions, type SignOutResult } from './sign-out.js'
import type { CredentialStore } from './store.js'
import { waitFor } from './wait-for.js'

/** What a session is made of. Only the store has no default. */
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
  /**
   * Asked before a credential is taken up; what it throws is thrown to the caller, and nothing is deleted. For what a company's configuration
   * allows, see `assertLoginAllowed` in `planpass/sources`.
   */
  readonly accept?: (credential: ChatgptCredential) => void
  /** Between 0 and 1, for the jitter of proactive refreshes; default `Math.random`. */
  readonly random?: () => number
  /** Where dead refresh tokens are remembered; default: for the life of the session. */
  readonly verdicts?: RefreshVerdicts
}

/** How long a caller waits. */
export interface WaitOptions {
  /** Ends the waiting. A refresh that is on the wire goes on: its answer must not be lost. */
  readonly signal?: AbortSignal | undefined
}

/** What a refresh is wanted for. */
export interface RefreshOptions extends WaitOptions {
  /** The access token that was refused. Where the store holds another one by now that is not due, that is returned, and nothing is spent. */
  readonly rejected?: Secret | undefined
}

/** A sign-in that is kept alive. Creating one neither reads, writes, asks nor connects. */
export interface Session {
  readonly provider: Provider
  readonly identity: ClientIdentity
  /** What is known without asking anybody: reads the store, never the network, never refreshes. */
  status(): Promise<SessionStatus>
  /**
   * The credential to sign with, refreshed first when its access token ends within the refresh window. When that refresh fails, or takes longer
   * than ten seconds, a token that has not ended yet is still returned.
   *
   * @throws AuthError `ERR_SIGN_IN_REQUIRED`, `ERR_TOKEN_*`, `ERR_STORE_*`, `ERR_NETWORK_*`, `ERR_UPSTREAM_*`
   */
  credential(options?: WaitOptions): Promise<ChatgptCredential>
  /** The access token of `credential()`. */
  accessToken(options?: WaitOptions): Promise<Secret>
  /** Refreshes now, due or not. Throws as `credential` does, also for passing reasons. */
  refresh(options?: RefreshOptions): Promise<ChatgptCredential>
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

/**
 * A session over the credential in `store`.
 *
 * @throws AuthError `ERR_CONFIG_URL` for a provider whose backend is neither https nor loopback
 */
export function createSession(options: SessionOptions): Session {
  const parts = createParts(options)
  const { provider, identity, events } = parts
  const rotation = createRotation(parts)
  const watch = createCredentialWatch({ ...parts, latest: rotation.latest, accept: options.accept })
  const supply = createCredentialSupply({ ...parts, rotation, watch })

  async function end<Result extends ForgetResult>(how: (options: SignOutOptions) => Promise<Result>): Promise<Result> {
    await rotation.persistUnsaved()
    const result = await how({ ...parts, latest: rotation.latest })
    const isKept = !result.removed && 'failure' in result
    if (!isKept) {
      rotation.release()
      watch.release()
    }
    if (result.removed) events.emit({ type: 'signed-out' })
    return result
  }

  const { ways } = provider
  /** As it comes from the store or the issuer, or as the provider has verified it since. */
  function confirmed(get: () => Promise<ChatgptCredential>): () => Promise<ChatgptCredential> {
    return ways ? async () => ways.confirm(await get(), parts) : get
  }
  const current = confirmed(supply.current)
  const refreshed = (seen: ChatgptCredential, reason: RefreshReason) => confirmed(() => supply.refresh(seen, reason))

  const recoveryActions: RecoveryActions<ChatgptCredential> = {
    reload: confirmed(watch.reload),
    refresh: (rejected) => refreshed(rejected, 'unauthorized_recovery')(),
    isSame: (one, other) => one.accessToken.equals(other.accessToken),
  }
  const credential = (wait?: WaitOptions) => waitFor(current, wait?.signal)
  return {
    provider,
    identity,
    status: () => readSessionStatus({ ...parts, clock: parts.serverClock }),
    credential,
    accessToken: async (wait) => (await credential(wait)).accessToken,
    refresh: async ({ signal, rejected } = {}) => {
      const stored = await waitFor(watch.reload, signal)
      // What has another token by now has been refreshed already.
      const seen = { ...stored, ...(rejected && { accessToken: rejected }) }
      return waitFor(refreshed(seen, 'forced'), signal)
    },
    signOut: () => end(signOut),
    forget: () => end(forget),
    revoke: () => end(revoke),
    subscribe: events.subscribe,
    fetch: createAuthorizedFetch({
      ...parts,
      credential: (signal) => waitFor(current, signal),
      startRecovery: () => startRecovery(recoveryActions),
    }),
    readOnlyFetch: createAuthorizedFetch({
      ...parts,
      credential: (signal) => waitFor(confirmed(supply.unexpired), signal),
    }),
  }
}

/** What everything in a session works with, defaults filled in. */
function createParts(options: SessionOptions) {
  const { store, provider = codexProvider, identity = createClientIdentity() } = options
  const { fetch = platformFetch, clock = systemClock, logger = silentLogger } = options
  const { verdicts = createMemoryVerdicts(), refreshWindowMs = defaultRefreshWindowMs, random = Math.random } = options
  return {
    store,
    provider,
    identity,
    fetch,
    clock,
    logger,
    verdicts,
    refreshWindowMs: withJitter(refreshWindowMs, random),
    events: createSessionEvents((message) => logger.warn(message)),
    serverClock: createServerClock(clock),
  }
}

/** Up to a tenth earlier, so that many processes do not come due in the same instant. */
function withJitter(windowMs: number, random: () => number): number {
  return windowMs * (1 + random() / 10)
}
