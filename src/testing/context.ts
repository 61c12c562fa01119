import type { Clock } from '../core/index.js'
import type { EmulatedAccount } from './accounts.js'
import type { RuleName } from './rules.js'

/** What the issuer side of the emulator shares with its backend side. */
export interface EmulatorContext {
  readonly clock: Clock
  /** False when the test switched the rule off by name. */
  isRuleOn(rule: RuleName): boolean
  /** The account behind the request's bearer token, or the 401 the real backend answers. */
  authenticate(request: Request): AuthenticatedRequest | Response
  /** The public origin of the backend as the caller reached it, e.g. `https://127.0.0.1:4443`. */
  backendOrigin(request: Request): string
}

export interface AuthenticatedRequest {
  readonly account: EmulatedAccount
  readonly sessionId: string
}

/** What a handler may tell the request log about the request it answers; only names, never a secret. */
export interface RequestNote {
  grantType?: string
  /** What became of it, as `refresh:ok` or `device:pending`. */
  outcome?: string
  refreshReason?: string
  /** When it is another than the answer's: 101 for an upgrade, which no `Response` can say. */
  status?: number
}

/** What every route finds in `context.env`. */
export interface EmulatorBindings {
  readonly note: RequestNote
  /** How far this answer's clock is off, by a fault; issued times follow it. */
  readonly clockOffsetMs: number
}
