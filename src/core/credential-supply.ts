import type { Clock } from './clock.js'
import type { CredentialWatch } from './credential-watch.js'
import type { ChatgptCredential } from './credential.js'
import { AuthError, isAuthError } from './errors.js'
import { dueReason, isExpired } from './expiry.js'
import type { Logger } from './logger.js'
import type { RefreshReason } from './oauth/refresh.js'
import type { Rotation } from './rotation.js'
import type { ServerClock } from './server-clock.js'
import { waitFor } from './wait-for.js'

/** What a supply is made of. */
export interface CredentialSupplyOptions {
  readonly rotation: Rotation
  readonly watch: CredentialWatch
  readonly clock: Clock
  readonly serverClock: ServerClock
  readonly logger: Logger
  readonly refreshWindowMs: number
}

/** The credential to sign the next request with. */
export interface CredentialSupply {
  /**
   * Refreshed first when it is due. A token that is still good outlives a refresh that fails, or that takes too long.
   *
   * @throws AuthError `ERR_SIGN_IN_REQUIRED`, `ERR_TOKEN_*`, `ERR_STORE_*`, `ERR_NETWORK_*`, `ERR_UPSTREAM_*`
   */
  readonly current: () => Promise<ChatgptCredential>
  /** As the store holds it, never refreshed. @throws AuthError `ERR_TOKEN_EXPIRED`, `ERR_SIGN_IN_REQUIRED`, `ERR_STORE_*` */
  readonly unexpired: () => Promise<ChatgptCredential>
  /**
   * Refreshed now: one refresh at a time, shared by everybody who asks meanwhile. Throws as `current` does.
   *
   * @param seen The credential the caller found wanting.
   */
  readonly refresh: (seen: ChatgptCredential, reason: RefreshReason) => Promise<ChatgptCredential>
}

/** How long a request with a good token waits for a refresh; the refresh itself goes on. */
const patienceMs = 10_000

/** How long a good token is used after a refresh that failed, before the next one is tried. */
const retryPauseMs = 10_000

/** A supply out of what `watch` holds and `rotation` brings. Making one asks nobody. */
export function createCredentialSupply(options: CredentialSupplyOptions): CredentialSupply {
  const { rotation, watch, clock, serverClock, logger, refreshWindowMs } = options
  let refreshing: Promise<ChatgptCredential> | undefined
  let retryAtMs = 0

  const isAlive = (credential: ChatgptCredential) => !isExpired(credential, serverClock.now())

  async function refresh(seen: ChatgptCredential, reason: RefreshReason): Promise<ChatgptCredential> {
    const others = refreshing
    refreshing ??= rotateAndHold(seen, reason)
    const credential = await refreshing
    // What the others wanted may be the very one that was found wanting here.
    return others && credential.accessToken.equals(seen.accessToken) ? refresh(seen, reason) : credential
  }

  async function rotateAndHold(seen: ChatgptCredential, reason: RefreshReason): Promise<ChatgptCredential> {
    try {
      return watch.hold(await rotation.rotate(seen, reason))
    } finally {
      refreshing = undefined
      const unsaved = rotation.unsaved()
      if (unsaved) watch.hold(unsaved)
    }
  }

  async function current(): Promise<ChatgptCredential> {
    if (rotation.unsaved()) await rotation.persistUnsaved()
    const credential = watch.fresh() ?? (await lookOrKeep())
    const reason = dueReason(credential, serverClock.now(), refreshWindowMs)
    return reason ? refreshOrKeep(credential, reason) : credential
  }

  async function refreshOrKeep(credential: ChatgptCredential, reason: RefreshReason): Promise<ChatgptCredential> {
    const isGood = isAlive(credential)
    if (isGood && (!credential.refreshToken || clock.now() < retryAtMs)) return credential
    try {
      const patience = isGood ? AbortSignal.timeout(patienceMs) : undefined
      return await waitFor(() => refresh(credential, reason), patience)
    } catch (error) {
      const kept = rotation.unsaved() ?? credential
      if (!isAlive(kept)) throw error
      // The issuer may have said when it takes the next one.
      const askedMs = (isAuthError(error) && error.retryAfterMs) || 0
      retryAtMs = clock.now() + Math.max(retryPauseMs, askedMs)
      logger.warn(`The token is still good, but its refresh failed. ${String(error)}`)
      return kept
    }
  }

  /** A store in trouble takes nothing away from a token that is held and good. */
  async function lookOrKeep(): Promise<ChatgptCredential> {
    try {
      return await watch.look()
    } catch (error) {
      const held = watch.held()
      const isStoreTrouble = isAuthError(error) && error.code.startsWith('ERR_STORE_')
      if (!isStoreTrouble || !held || !isAlive(held)) throw error
      logger.warn(`The store could not be read; what is held is used. ${String(error)}`)
      return held
    }
  }

  async function unexpired(): Promise<ChatgptCredential> {
    const credential = await watch.look()
    if (isAlive(credential)) return credential
    throw new AuthError('ERR_TOKEN_EXPIRED', 'The access token has ended.')
  }

  return { current, unexpired, refresh }
}
