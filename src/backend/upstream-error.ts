import {
  AuthError,
  classifyFailure,
  parseJsonObject,
  readFailedResponse,
  readNumber,
  readObject,
  readString,
} from '../core/index.js'
import { toOneSafeLine, type FailureRow, type JsonObject } from '../core/index.js'

/** The limits of the plan, which a stream tells in the same words as an answer does. */
const limitFailures: readonly FailureRow[] = [
  {
    named: 'usage_limit_reached',
    code: 'ERR_UPSTREAM_USAGE_LIMIT',
    summary: 'The usage limit of your plan is reached',
  },
  {
    named: 'usage_not_included',
    code: 'ERR_UPSTREAM_USAGE_LIMIT',
    summary: 'Your ChatGPT plan does not include this',
    advice: 'A bigger plan would.',
  },
]

const wrongHost: Omit<FailureRow, 'status'> = {
  saying: /missing scopes?:/i,
  code: 'ERR_TOKEN_WRONG_ORIGIN',
  summary: 'This host does not take tokens of a ChatGPT plan',
}

/** What a refusal of the backend means (protocol 9, real-codex 9). */
const backendFailures: readonly FailureRow[] = [
  ...limitFailures,
  { status: 401, ...wrongHost },
  { status: 403, ...wrongHost },
  {
    status: { from: 400, to: 404 },
    saying: /\bmodel\b.*\b(not supported|not exist|not found)/i,
    code: 'ERR_UPSTREAM_MODEL_NOT_AVAILABLE',
    summary: 'This account cannot use the model',
    quotes: true,
  },
  { status: 401, code: 'ERR_UPSTREAM_UNAUTHORIZED', summary: 'The backend refused the sign-in', quotes: true },
  { status: 429, code: 'ERR_UPSTREAM_RATE_LIMITED', summary: 'Too many requests', quotes: true },
  { status: { from: 500, to: 599 }, code: 'ERR_UPSTREAM_UNAVAILABLE', summary: 'The backend failed', quotes: true },
  { code: 'ERR_UPSTREAM_REJECTED', summary: 'The backend refused the request', quotes: true },
]

/**
 * The error that a failed answer of the backend stands for. For a usage limit, `retryAfterMs` is the time until the server's own `resets_at`.
 *
 * @throws AuthError `ERR_UPSTREAM_EDGE_BLOCKED`
 */
export async function toUpstreamError(response: Response, nowMs: number): Promise<AuthError> {
  const failed = await readFailedResponse(response)
  const error = readObject(parseJsonObject(failed.body), 'error')
  return classifyFailure(backendFailures, failed, untilReset(error, nowMs))
}

/** As `toUpstreamError`, for the `error` object inside an event stream, where there is no status. */
export function toStreamError(error: JsonObject | undefined, nowMs: number): AuthError {
  const code = readString(error, 'code') ?? readString(error, 'type')
  const limit = limitFailures.find(({ named }) => named === code || named === readString(error, 'type'))
  if (limit)
    return classifyFailure([limit], { status: 200, body: '', code: limit.named ?? '' }, untilReset(error, nowMs))
  const reason = toOneSafeLine(readString(error, 'message') ?? code ?? 'no reason given')
  return new AuthError('ERR_UPSTREAM_RESPONSE_FAILED', `The answer failed (${reason}).`)
}

function untilReset(error: JsonObject | undefined, nowMs: number): { readonly retryAfterMs?: number } {
  const resetsAt = readNumber(error, 'resets_at')
  return resetsAt === undefined ? {} : { retryAfterMs: Math.max(0, resetsAt * 1000 - nowMs) }
}
