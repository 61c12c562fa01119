import type { ErrorCode, SessionStatus } from '../../core/index.js'
import type { Host } from '../host.js'
import type { Profile } from '../open-profile.js'
import type { Probe } from './probe-issuer.js'

/** What a check may look at. It spends nothing, changes nothing, and reads no credential but through the session's own `status`. */
export interface Examined {
  readonly host: Host
  readonly profile: Profile
  /** Of one request that everybody shares. */
  readonly probe: Promise<Probe>
  readonly status: Promise<SessionStatus>
}

/** What a check found. A failure has the code that says whose area it is. */
export type Verdict =
  | { readonly state: 'ok'; readonly summary: string }
  | { readonly state: 'warn'; readonly summary: string; readonly advice: string }
  | { readonly state: 'fail'; readonly summary: string; readonly advice: string; readonly code: ErrorCode }

export type Finding = { readonly name: string } & Verdict

/** @throws AuthError for what is wrong: it becomes a failure */
export type Check = (examined: Examined) => Promise<Verdict>
