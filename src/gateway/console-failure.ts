import { isAuthError } from '../core/index.js'
import type { ConsoleFailure } from './console-api.js'
import { Refusal } from './refusal.js'

/** An error as the console shows it. One that is nobody's fault but ours tells nothing of itself. */
export function toConsoleFailure(error: unknown): ConsoleFailure {
  if (isAuthError(error)) return { code: error.code, message: error.summary, advice: error.advice }
  if (error instanceof Refusal) return { code: error.code, message: error.message, advice: null }
  return { code: 'gateway_failed', message: 'The gateway failed at this.', advice: null }
}
