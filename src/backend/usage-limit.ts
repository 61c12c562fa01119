import { AuthError, type AuthErrorDetails } from '../core/index.js'
import type { Limits } from './limits.js'

/** What more there is to say of a usage limit. What the backend does not tell is absent. */
export interface UsageLimitDetails extends AuthErrorDetails {
  /** When the limit is lifted, in milliseconds since the epoch; it may lie in the past. */
  readonly resetsAtMs?: number
  /** Whether the answer itself told the reset, or only the gauges of its windows did. */
  readonly resetSource?: 'answer' | 'window'
  readonly planType?: string
  readonly limits?: Limits
}

/** `ERR_UPSTREAM_USAGE_LIMIT`: what the plan allows is used up. Nothing in this package waits for the reset, or changes the account. */
export class UsageLimitError extends AuthError {
  declare readonly resetsAtMs?: number
  declare readonly resetSource?: 'answer' | 'window'
  declare readonly planType?: string
  declare readonly limits?: Limits

  constructor(summary: string, details: UsageLimitDetails = {}) {
    super('ERR_UPSTREAM_USAGE_LIMIT', summary, details)
    const { resetsAtMs, resetSource, planType, limits } = details
    if (resetsAtMs !== undefined) this.resetsAtMs = resetsAtMs
    if (resetSource !== undefined) this.resetSource = resetSource
    if (planType !== undefined) this.planType = planType
    if (limits !== undefined) this.limits = limits
  }
}
