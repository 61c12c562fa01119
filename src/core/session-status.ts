import type { Clock } from './clock.js'
import type { ChatgptCredential, Credential } from './credential.js'
import type { ErrorCode } from './errors.js'
import { isExpired } from './expiry.js'
import { recallVerdict, type RefreshVerdict, type RefreshVerdicts } from './refresh-verdicts.js'
import type { CredentialStore } from './store.js'

/**
 * - `absent`: nothing is stored
 * - `valid`: the access token has not ended by its own word
 * - `refreshable`: it has, and there is a refresh token nobody has refused yet
 * - `dead`: it has, and only a new sign-in helps
 * - `unsupported`: another tool's credential lies there, e.g. an API key
 */
export type SessionState = 'absent' | 'valid' | 'refreshable' | 'dead' | 'unsupported'

/** What is known of the session without asking anybody. */
export interface SessionStatus {
  readonly state: SessionState
  /** True in the states `valid` and `refreshable`. */
  readonly signedIn: boolean
  readonly mode?: Credential['mode']
  readonly email?: string
  readonly planType?: string
  readonly accountId?: string
  readonly userId?: string
  readonly issuer?: string
  /** End of the access token, milliseconds since the epoch; absent when it is opaque. */
  readonly expiresAtMs?: number
  /** Why the session is dead, or why the next refresh will fail. */
  readonly reason?: ErrorCode
  /** Where the credential lies, for people. */
  readonly store: string
}

export interface SessionStatusOptions {
  readonly store: Pick<CredentialStore, 'read' | 'describe'>
  readonly verdicts: RefreshVerdicts
  readonly clock: Pick<Clock, 'now'>
}

/** What is known of the sign-in in a store; asks nobody else. `Session.status` for programs that need no session. @throws AuthError `ERR_STORE_*` */
export async function readSessionStatus({ store, verdicts, clock }: SessionStatusOptions): Promise<SessionStatus> {
  const stored = await store.read()
  const token = stored && 'accessToken' in stored ? stored.refreshToken : undefined
  const verdict = token && (await recallVerdict(verdicts, token))
  return toSessionStatus(stored, verdict, store.describe(), clock.now())
}

/** What a stored credential and what is known of its refresh token amount to at `nowMs`. */
function toSessionStatus(
  credential: Credential | undefined,
  verdict: RefreshVerdict | undefined,
  store: string,
  nowMs: number,
): SessionStatus {
  if (!credential) return { state: 'absent', signedIn: false, store }
  if (!('accessToken' in credential)) return { state: 'unsupported', signedIn: false, mode: credential.mode, store }
  const reason = credential.refreshToken ? verdict?.code : 'ERR_TOKEN_NOT_REFRESHABLE'
  const state = toState(credential, reason, nowMs)
  const { identity, accountId, provenance, expiresAtMs } = credential
  return {
    state,
    signedIn: state !== 'dead',
    mode: credential.mode,
    ...(identity.email !== undefined && { email: identity.email }),
    ...(identity.planType !== undefined && { planType: identity.planType }),
    ...(accountId !== undefined && { accountId }),
    ...(identity.userId !== undefined && { userId: identity.userId }),
    ...(provenance && { issuer: provenance.issuer }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    ...(reason !== undefined && { reason }),
    store,
  }
}

function toState(credential: ChatgptCredential, reason: ErrorCode | undefined, nowMs: number): SessionState {
  if (!isExpired(credential, nowMs)) return 'valid'
  return reason === undefined ? 'refreshable' : 'dead'
}
