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
