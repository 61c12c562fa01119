import {
  AuthError,
  describeFailure,
  parseJsonObject,
  readFailedResponse,
  readNumber,
  readObject,
  readString,
  toOneSafeLine,
} from '../core/index.js'
import type { AuthErrorDetails, ErrorCode, FailedResponse, JsonObject } from '../core/index.js'

interface ErrorRow {
  readonly matches: (failed: FailedResponse, error: JsonObject | undefined) => boolean
  readonly code: ErrorCode
  readonly summary: (failed: FailedResponse) => string
  readonly advice?: string
}

const said = (prefix: string) => (failed: FailedResponse) => `${prefix} (${describeFailure(failed)}).`
const isType = (type: string) => (failed: FailedResponse, error: JsonObject | undefined) =>
  readString(error, 'type') === type || failed.code === type

/** The limits of the plan, which a stream tells in the same words as an answer does. */
const limitRows: readonly ErrorRow[] = [
  {
    matches: isType('usage_limit_reached'),
    code: 'ERR_UPSTREAM_USAGE_LIMIT',
    summary: () => 'The usage limit of your plan is reached.',
  },
  {
    matches: isType('usage_not_included'),
    code: 'ERR_UPSTREAM_USAGE_LIMIT',
    summary: () => 'Your ChatGPT plan does not include this.',
    advice: 'A bigger plan would.',
  },
]

/** What a refusal of the backend means (protocol 9, real-codex 9). The first row that matches decides. */
const rows: readonly ErrorRow[] = [
  ...limitRows,
  {
    matches: ({ status, detail }) =>
      (status === 400 || status === 404) && /\bmodel\b.*\b(not supported|not exist|not found)/i.test(detail ?? ''),
    code: 'ERR_UPSTREAM_MODEL_NOT_AVAILABLE',
    summary: said('This account cannot use the model'),
  },
  {
    matches: ({ status }) => status === 401,
    code: 'ERR_UPSTREAM_UNAUTHORIZED',
    summary: said('The backend refused the sign-in'),
  },
  { matches: ({ status }) => status === 429, code: 'ERR_UPSTREAM_RATE_LIMITED', summary: said('Too many requests') },
  { matches: ({ status }) => status >= 500, code: 'ERR_UPSTREAM_UNAVAILABLE', summary: said('The backend failed') },
  { matches: () => true, code: 'ERR_UPSTREAM_REJECTED', summary: said('The backend refused the request') },
]

/**
 * The error that a failed answer of the backend stands for.
 *
 * @throws AuthError `ERR_UPSTREAM_EDGE_BLOCKED`
 */
export async function toUpstreamError(response: Response, nowMs: number): Promise<AuthError> {
  const failed = await readFailedResponse(response)
  const error = readObject(parseJsonObject(failed.body), 'error')
  return classify(failed, error, nowMs)
}

/** As `toUpstreamError`, for the `error` object inside an event stream, where there is no status. */
export function toStreamError(error: JsonObject | undefined, nowMs: number): AuthError {
  const code = readString(error, 'code')
  const detail = readString(error, 'message')
  const failed = { status: 200, body: '', ...(code !== undefined && { code }) }
  const isLimit = limitRows.some(({ matches }) => matches(failed, error))
  if (isLimit) return classify(failed, error, nowMs)
  const reason = toOneSafeLine(detail ?? code ?? 'no reason given')
  return new AuthError('ERR_UPSTREAM_RESPONSE_FAILED', `The answer failed (${reason}).`)
}

function classify(failed: FailedResponse, error: JsonObject | undefined, nowMs: number): AuthError {
  const row = rows.find(({ matches }) => matches(failed, error))
  if (!row) throw new Error('The last row matches everything.')
  const resetsAt = readNumber(error, 'resets_at')
  const retryAfterMs = resetsAt === undefined ? failed.retryAfterMs : Math.max(0, resetsAt * 1000 - nowMs)
  const details: AuthErrorDetails = {
    ...(row.advice !== undefined && { advice: row.advice }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(failed.requestId !== undefined && { requestId: failed.requestId }),
  }
  return new AuthError(row.code, row.summary(failed), details)
}
