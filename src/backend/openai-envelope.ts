import type { AuthError, ErrorCode } from '../core/index.js'
import { RequestError } from './request-error.js'
import { RequestRejectedError } from './request-rejected.js'
import { UsageLimitError } from './usage-limit.js'

/** How the public API would say it. */
interface Envelope {
  readonly status: number
  readonly type: string
  /** The public API's own word; ours where it has none. */
  readonly code?: string
}

const invalid = { status: 400, type: 'invalid_request_error' }
const signIn: Envelope = { status: 401, type: 'authentication_error' }
const forbidden: Envelope = { status: 403, type: 'permission_error' }
const ours: Envelope = { status: 500, type: 'server_error' }
const gateway: Envelope = { status: 502, type: 'server_error' }
const unavailable: Envelope = { status: 503, type: 'server_error' }

/** By code, or by what a code begins with; the first row that fits. */
const envelopes: readonly (readonly [string, Envelope])[] = [
  ['ERR_UPSTREAM_BAD_REQUEST', invalid],
  ['ERR_UPSTREAM_UNSUPPORTED_FIELD', { ...invalid, code: 'unsupported_parameter' }],
  ['ERR_UPSTREAM_REJECTED', invalid],
  ['ERR_UPSTREAM_CONTEXT_TOO_LONG', { ...invalid, code: 'context_length_exceeded' }],
  ['ERR_UPSTREAM_CONTENT_POLICY', { ...invalid, code: 'content_policy_violation' }],
  ['ERR_UPSTREAM_MODEL_NOT_AVAILABLE', { ...invalid, status: 404, code: 'model_not_found' }],
  ['ERR_UPSTREAM_USAGE_LIMIT', { status: 429, type: 'usage_limit_reached', code: 'usage_limit_reached' }],
  ['ERR_UPSTREAM_RATE_LIMITED', { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' }],
  ['ERR_UPSTREAM_UNAUTHORIZED', signIn],
  ['ERR_UPSTREAM_EDGE_BLOCKED', forbidden],
  ['ERR_UPSTREAM_REGION', { ...forbidden, code: 'unsupported_country_region_territory' }],
  ['ERR_UPSTREAM_UNAVAILABLE', unavailable],
  ['ERR_UPSTREAM_RESPONSE_FAILED', ours],
  ['ERR_UPSTREAM_', gateway],
  ['ERR_TOKEN_EXPIRED', signIn],
  ['ERR_TOKEN_REFRESH_UNAVAILABLE', unavailable],
  ['ERR_TOKEN_SOURCE_FAILED', unavailable],
  ['ERR_NETWORK_TIMEOUT', { ...gateway, status: 504 }],
  ['ERR_NETWORK_', gateway],
  ['ERR_STORE_LOCKED', unavailable],
]

/** Worth another try, but not within the seconds that a client waits by itself. */
const notSoon: ReadonlySet<ErrorCode> = new Set(['ERR_UPSTREAM_USAGE_LIMIT', 'ERR_UPSTREAM_EDGE_BLOCKED'])

/**
 * An error as the public API would answer it, so that its clients raise and retry as they should. Our own code is in `x-planpass-code`.
 */
export function toErrorAnswer(error: AuthError): Response {
  const { status, type, code = error.code } = envelopeOf(error)
  const isWorthRetrying = error.retryable && !notSoon.has(error.code)
  return errorAnswer(
    status,
    { message: error.message, type, code, param: fieldOf(error), ...limitOf(error) },
    {
      'x-planpass-code': error.code,
      ...(!isWorthRetrying && { 'x-should-retry': 'false' }),
      ...(error.requestId !== undefined && { 'x-request-id': error.requestId }),
      ...waitOf(error),
    },
  )
}

/** What the body of an error says. */
export interface ErrorWords {
  readonly message: string
  readonly type: string
  readonly code: string
  readonly param: string | null
  /** Of a usage limit, as the backend names it: seconds since the epoch. */
  readonly resets_at?: number
  readonly plan_type?: string
}

/** An error of the public API. */
export function errorAnswer(status: number, error: ErrorWords, headers: Record<string, string>): Response {
  return Response.json({ error }, { status, headers: { 'cache-control': 'no-store', ...headers } })
}

/** A refusal is told in the backend's own words, and with its status where there was one. */
function envelopeOf(error: AuthError): Envelope {
  const otherwise = error.remedy === 'sign-in' ? signIn : ours
  const envelope = envelopes.find(([code]) => error.code.startsWith(code))?.[1] ?? otherwise
  if (!(error instanceof RequestRejectedError)) return envelope
  const status = error.status >= 400 ? error.status : envelope.status
  return { ...envelope, status, code: error.upstreamCode ?? error.code }
}

function fieldOf(error: AuthError): string | null {
  const isAboutField = error instanceof RequestError || error instanceof RequestRejectedError
  return (isAboutField && error.field) || null
}

function limitOf(error: AuthError): Pick<ErrorWords, 'resets_at' | 'plan_type'> {
  if (!(error instanceof UsageLimitError)) return {}
  const { resetsAtMs, planType } = error
  return {
    ...(resetsAtMs !== undefined && { resets_at: Math.floor(resetsAtMs / 1000) }),
    ...(planType !== undefined && { plan_type: planType }),
  }
}

function waitOf({ retryAfterMs }: AuthError): Record<string, string> {
  if (retryAfterMs === undefined) return {}
  return { 'retry-after': String(Math.ceil(retryAfterMs / 1000)), 'retry-after-ms': String(Math.ceil(retryAfterMs)) }
}
