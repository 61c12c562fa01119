import { AuthError, type AuthErrorDetails, type ErrorCode } from './errors.js'
import { describeFailure, type FailedResponse } from './failed-response.js'

/** What a failed answer means. Members that are absent match anything; what it says of itself comes before its status. */
export interface FailureRow {
  /** The body's error code or type, in lower case. */
  readonly named?: string
  readonly status?: number | { readonly from: number; readonly to: number }
  /** In the server's words for a person. */
  readonly saying?: RegExp
  readonly code: ErrorCode
  /** One sentence without its full stop; the server's own words follow when `quotes` is set. */
  readonly summary: string
  readonly quotes?: boolean
  readonly advice?: string
}

/** Refusals that mean the same wherever they come from. */
const commonFailures: readonly FailureRow[] = [
  {
    named: 'unsupported_country_region_territory',
    code: 'ERR_UPSTREAM_REGION',
    summary: 'OpenAI does not serve the country or region this request came from',
  },
]

/** The error of the first row that fits; the last row of a table fits everything. */
export function classifyFailure(
  rows: readonly FailureRow[],
  failed: FailedResponse,
  details: AuthErrorDetails = {},
): AuthError {
  const row = [...commonFailures, ...rows].find((candidate) => fits(candidate, failed))
  if (!row) throw new TypeError('A failure table needs a last row that fits everything.')
  const summary = row.quotes ? `${row.summary} (${describeFailure(failed)}).` : `${row.summary}.`
  return new AuthError(row.code, summary, {
    ...(row.advice !== undefined && { advice: row.advice }),
    ...(failed.requestId !== undefined && { requestId: failed.requestId }),
    ...(failed.retryAfterMs !== undefined && { retryAfterMs: failed.retryAfterMs }),
    ...details,
  })
}

function fits({ named, status, saying }: FailureRow, failed: FailedResponse): boolean {
  if (named !== undefined && named !== failed.code && named !== failed.type) return false
  if (status !== undefined && !isStatus(status, failed.status)) return false
  return saying === undefined || saying.test(failed.detail ?? '')
}

function isStatus(expected: number | { readonly from: number; readonly to: number }, status: number): boolean {
  return typeof expected === 'number' ? status === expected : status >= expected.from && status <= expected.to
}
