import {
  AuthError,
  classifyFailure,
  parseJsonObject,
  readFailedResponse,
  readObject,
  readString,
  toOneSafeLine,
  type AuthErrorDetails,
  type FailedResponse,
  type FailureRow,
  type JsonObject,
} from '../core/index.js'
import { toResetTime, type Limits } from './limits.js'
import { missingReason, ModelNotAvailableError, namedModel } from './model-not-available.js'
import { parseLimitHeaders } from './rate-limit-headers.js'
import { refusedField, RequestRejectedError } from './request-rejected.js'
import { readRetryAfter, waitInWords } from './retry-after.js'
import { backendFailures, streamFailures } from './upstream-failures.js'
import { readAmount } from './usage-amount.js'
import { UsageLimitError } from './usage-limit.js'

/** What is known of a failure: its words, and the headers that came with them. */
interface Report {
  readonly failed: FailedResponse
  readonly error: JsonObject | undefined
  readonly headers: Headers
  readonly nowMs: number
}

/**
 * The error that a failed answer of the backend stands for; a `UsageLimitError`, `ModelNotAvailableError` or `RequestRejectedError` where there
 * is more to know. Nothing here waits: `retryAfterMs` is for the caller to use.
 *
 * @throws AuthError `ERR_UPSTREAM_EDGE_BLOCKED`, `ERR_NETWORK_*`
 */
export async function toUpstreamError(response: Response, nowMs: number): Promise<AuthError> {
  const failed = await readFailedResponse(response)
  const json = parseJsonObject(failed.body)
  const error = readObject(json, 'error') ?? json
  return toTypedError({ failed, error, headers: response.headers, nowMs }, backendFailures)
}

/**
 * As `toUpstreamError`, for the `error` object inside an event stream, where there is no status.
 *
 * @param frame The event around it: over a WebSocket it carries the status and the headers that HTTP would have sent.
 */
export function toStreamError(error: JsonObject | undefined, nowMs: number, frame?: JsonObject): AuthError {
  const status = readAmount(frame, 'status_code') ?? readAmount(frame, 'status')
  const failed = toFailedResponse(error, status ?? 200)
  const rows = status === undefined || status < 400 ? streamFailures.map((row) => quote(row, failed)) : backendFailures
  return toTypedError({ failed, error, headers: toHeaders(readObject(frame, 'headers')), nowMs }, rows)
}

function toFailedResponse(error: JsonObject | undefined, status: number): FailedResponse {
  const words = (member: string) => toOneSafeLine(readString(error, member) ?? '')
  const [code, type, detail] = [words('code').toLowerCase(), words('type').toLowerCase(), words('message')]
  return { status, body: '', ...(code && { code }), ...(type && { type }), ...(detail && { detail }) }
}

/** Quotes without a status, which a stream does not have. */
function quote({ quotes, ...row }: FailureRow, { detail, code, type }: FailedResponse): FailureRow {
  return quotes ? { ...row, summary: `${row.summary} (${detail ?? code ?? type ?? 'no reason given'})` } : row
}

function toHeaders(told: JsonObject | undefined): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(told ?? {})) {
    const isHeader = /^[\w-]+$/.test(name) && (typeof value === 'string' || typeof value === 'number')
    if (isHeader) headers.set(name, toOneSafeLine(String(value)))
  }
  return headers
}

function toTypedError(report: Report, rows: readonly FailureRow[]): AuthError {
  const { failed, headers, nowMs } = report
  const retryAfterMs = readRetryAfter(headers, nowMs) ?? waitInWords(failed.detail)
  const error = classifyFailure(rows, failed, retryAfterMs === undefined ? {} : { retryAfterMs })
  if (error.code === 'ERR_UPSTREAM_USAGE_LIMIT') return toUsageLimitError(error, report)
  if (error.code === 'ERR_UPSTREAM_MODEL_NOT_AVAILABLE') return toModelError(error, report)
  if (error.code === 'ERR_UPSTREAM_REJECTED') return toRejectedError(error, report)
  return error
}

/** The body's own reset is the only one to wait for; a window that is used up shows when to look again (protocol 9.4, gauges). */
function toUsageLimitError(error: AuthError, report: Report): UsageLimitError {
  const { failed, error: told, headers, nowMs } = report
  const limits = parseLimitHeaders(headers, nowMs)
  // What the plan does not include, no reset of a window brings.
  const isIncluded = failed.code !== 'usage_not_included' && failed.type !== 'usage_not_included'
  const toldMs = toResetTime(readAmount(told, 'resets_at'), readAmount(told, 'resets_in_seconds'), nowMs)
  const resetsAtMs = toldMs ?? (isIncluded ? lastReset(limits) : undefined)
  const planType = toOneSafeLine(readString(told, 'plan_type') ?? limits?.planType ?? '')
  const until = resetsAtMs === undefined ? '' : ` until ${new Date(resetsAtMs).toISOString()}`
  return new UsageLimitError(error.summary.replace(/\.$/, `${until}.`), {
    ...detailsOf(error),
    ...(toldMs !== undefined && { retryAfterMs: Math.max(0, toldMs - nowMs) }),
    ...(resetsAtMs !== undefined && { resetsAtMs, resetSource: toldMs === undefined ? 'window' : 'answer' }),
    ...(planType && { planType }),
    ...(limits && { limits }),
  })
}

/** When every window that is used up is open again; unknown when one of them does not tell. */
function lastReset(limits: Limits | undefined): number | undefined {
  const resets = (limits?.windows ?? [])
    .filter(({ usedPercent }) => usedPercent >= 100)
    .map(({ resetsAtMs }) => resetsAtMs)
  const lastMs = Math.max(...resets.map((resetMs) => resetMs ?? Number.NaN))
  return Number.isFinite(lastMs) ? lastMs : undefined
}

function toModelError(error: AuthError, { failed }: Report): ModelNotAvailableError {
  const model = namedModel(failed.detail)
  const reason = missingReason(failed.detail, model)
  return new ModelNotAvailableError(error.summary, {
    ...detailsOf(error),
    reason,
    ...(model !== undefined && { model }),
  })
}

function toRejectedError(error: AuthError, { failed, error: told }: Report): RequestRejectedError {
  const refused = refusedField(told, failed.detail)
  const summary =
    refused?.words === undefined
      ? error.summary
      : `The backend refused the request (status ${failed.status}: ${refused.words}).`
  return new RequestRejectedError(summary, {
    ...detailsOf(error),
    status: failed.status,
    ...(refused && { field: refused.field }),
    ...(failed.code !== undefined && { upstreamCode: failed.code }),
  })
}

function detailsOf({ advice, retryAfterMs, requestId }: AuthError): AuthErrorDetails {
  return {
    advice,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(requestId !== undefined && { requestId }),
  }
}
