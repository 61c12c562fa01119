import { AuthError, type ChatgptCredential } from '../core/index.js'
import { documented } from './documented.js'
import { readDetails } from './stored-details.js'

/** Whether the person lets this program use their plan. The granted scope alone tells; a valid sign-in does not (siwc 2.6). */
export function isPlanUsageEnabled(credential: ChatgptCredential): boolean {
  return readDetails(credential).scopes.includes(documented.planScope)
}

/** @throws AuthError `ERR_TOKEN_PLAN_DISABLED`: the sign-in stays, and nothing is asked of the plan */
export function requirePlanUsage(credential: ChatgptCredential): void {
  if (isPlanUsageEnabled(credential)) return
  throw new AuthError('ERR_TOKEN_PLAN_DISABLED', 'You are signed in, but plan use is not enabled for this program.', {
    advice: 'Run `planpass login --enable-plan` to allow it, or pay for the requests another way.',
  })
}
