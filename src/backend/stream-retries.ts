import { isAuthError, systemClock, type AuthError, type Clock, type ErrorCode } from '../core/index.js'

/** How often a failure is waited out. */
export interface RetryOptions {
  /** How often a request is sent again after a failure that may pass; default 2. */
  readonly retries?: number | undefined
  readonly clock?: Clock | undefined
  readonly signal?: AbortSignal | undefined
}

const firstWaitMs = 200
/** What the server may ask for without anybody being told. A longer wait is the caller's to decide on. */
const longestWaitMs = 2000

const passing: ReadonlySet<ErrorCode> = new Set([
  'ERR_NETWORK_UNREACHABLE',
  'ERR_UPSTREAM_UNAVAILABLE',
  'ERR_UPSTREAM_STREAM_CUT',
])

/**
 * Does the work again after failures that may pass, with a growing wait between (protocol 9.5). The work must be such that nothing of it has been
 * seen by anybody when it fails.
 *
 * @throws what the last attempt threw; at once what would not pass, or asks for more than two seconds of waiting, which `retryAfterMs` tells
 */
export async function retryPassingFailures<Result>(
  work: () => Promise<Result>,
  { retries = 2, clock = systemClock, signal }: RetryOptions,
): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= retries || !isAuthError(error) || !mayPass(error)) throw error
      await clock.sleep(Math.max(error.retryAfterMs ?? 0, firstWaitMs * 2 ** attempt), signal)
    }
  }
}

/** Too many requests pass only when the server says when. */
function mayPass({ code, retryAfterMs }: AuthError): boolean {
  if (retryAfterMs !== undefined && retryAfterMs > longestWaitMs) return false
  return passing.has(code) || (code === 'ERR_UPSTREAM_RATE_LIMITED' && retryAfterMs !== undefined)
}
