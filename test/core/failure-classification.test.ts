import { describe, expect, it } from 'vitest'
import { toUpstreamError } from '../../src/backend/index.js'
import {
  codexProvider,
  isAuthError,
  toNetworkError,
  type AuthError,
  type ErrorCode,
  type Remedy,
} from '../../src/core/index.js'
import {
  processAuthorizationCodeResponse,
  processDevicePollResponse,
  processRefreshResponse,
  processRevocationResponse,
  processUserCodeResponse,
} from '../../src/core/oauth.js'

const nowMs = Date.parse('2026-11-21T12:00:00Z')

/** Each way an answer of the services is read, brought to the error it ends in. */
const readers = {
  refresh: (response: Response) => processRefreshResponse(response),
  'user-code': (response: Response) => processUserCodeResponse(codexProvider, response, nowMs),
  poll: (response: Response) => processDevicePollResponse(codexProvider, response),
  exchange: (response: Response) => processAuthorizationCodeResponse(response),
  revoke: (response: Response) => processRevocationResponse(response),
  backend: async (response: Response) => {
    throw await toUpstreamError(response, nowMs)
  },
}

type Body = string | object
interface Row {
  readonly what: string
  readonly at: keyof typeof readers
  readonly status: number
  readonly body: Body
  readonly headers?: Record<string, string>
  readonly code: ErrorCode
  readonly remedy: Remedy
}

const nested = (code: string, message = 'no') => ({
  error: { message, type: 'invalid_request_error', param: null, code },
})
const limit = (type: string, more: object = {}) => ({ error: { type, message: 'no', ...more } })
const page = '<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>'
const row = (
  at: Row['at'],
  what: string,
  status: number,
  body: Body,
  code: ErrorCode,
  remedy: Remedy,
  headers: Record<string, string> = {},
): Row => ({ at, what, status, body, code, remedy, headers })

const rows: readonly Row[] = [
  row('refresh', 'expired', 401, nested('refresh_token_expired'), 'ERR_TOKEN_REFRESH_EXPIRED', 'sign-in'),
  row('refresh', 'expired, another word', 400, { error: 'token_expired' }, 'ERR_TOKEN_REFRESH_EXPIRED', 'sign-in'),
  row('refresh', 'reused elsewhere', 401, nested('refresh_token_reused'), 'ERR_TOKEN_REFRESH_REUSED', 'sign-in'),
  row('refresh', 'reused, as 400', 400, nested('refresh_token_reused'), 'ERR_TOKEN_REFRESH_REUSED', 'sign-in'),
  row('refresh', 'reused, plain word', 403, { error: 'refresh_token_reused' }, 'ERR_TOKEN_REFRESH_REUSED', 'sign-in'),
  row('refresh', 'reused, upper case', 401, { code: 'REFRESH_TOKEN_REUSED' }, 'ERR_TOKEN_REFRESH_REUSED', 'sign-in'),
  row('refresh', 'revoked', 401, nested('refresh_token_invalidated'), 'ERR_TOKEN_REFRESH_REVOKED', 'sign-in'),
  row(
    'refresh',
    'revoked, top level',
    400,
    { code: 'refresh_token_invalidated' },
    'ERR_TOKEN_REFRESH_REVOKED',
    'sign-in',
  ),
  row('refresh', 'ended', 401, nested('app_session_terminated'), 'ERR_TOKEN_REFRESH_REVOKED', 'sign-in'),
  row('refresh', 'invalid_grant, 400', 400, { error: 'invalid_grant' }, 'ERR_TOKEN_REFRESH_REJECTED', 'sign-in'),
  row('refresh', 'invalid_grant, 403', 403, { error: 'invalid_grant' }, 'ERR_TOKEN_REFRESH_UNAVAILABLE', 'retry'),
  row('refresh', 'a 401 without a body', 401, '', 'ERR_TOKEN_REFRESH_REJECTED', 'sign-in'),
  row('refresh', 'a 401 with a code nobody knows', 401, nested('hm'), 'ERR_TOKEN_REFRESH_REJECTED', 'sign-in'),
  row('refresh', 'a 401 from a page', 401, page, 'ERR_UPSTREAM_EDGE_BLOCKED', 'wait'),
  row('refresh', 'a 400 nobody knows', 400, nested('hm'), 'ERR_TOKEN_REFRESH_UNAVAILABLE', 'retry'),
  row('refresh', 'truncated JSON', 400, '{"error":{"code":"refresh_tok', 'ERR_TOKEN_REFRESH_UNAVAILABLE', 'retry'),
  row('refresh', '404', 404, nested('not_found'), 'ERR_TOKEN_REFRESH_UNAVAILABLE', 'retry'),
  row('refresh', '408', 408, '', 'ERR_TOKEN_REFRESH_UNAVAILABLE', 'retry'),
  row('refresh', '425', 425, '', 'ERR_TOKEN_REFRESH_UNAVAILABLE', 'retry'),
  row('refresh', '429', 429, nested('rate_limited'), 'ERR_TOKEN_REFRESH_UNAVAILABLE', 'retry', { 'retry-after': '7' }),
  row('refresh', '500', 500, nested('server_error'), 'ERR_TOKEN_REFRESH_UNAVAILABLE', 'retry'),
  row('refresh', '502 with a page', 502, page, 'ERR_TOKEN_REFRESH_UNAVAILABLE', 'retry'),
  row('refresh', '503', 503, '', 'ERR_TOKEN_REFRESH_UNAVAILABLE', 'retry'),
  row(
    'refresh',
    'region',
    403,
    nested('unsupported_country_region_territory'),
    'ERR_UPSTREAM_REGION',
    'fix-configuration',
  ),
  row('refresh', 'edge, challenge', 403, page, 'ERR_UPSTREAM_EDGE_BLOCKED', 'wait', { 'cf-mitigated': 'challenge' }),
  row('refresh', 'edge, plain page', 403, page, 'ERR_UPSTREAM_EDGE_BLOCKED', 'wait', { 'cf-ray': '9a1b2c3d4e5f-FRA' }),
  row('refresh', 'edge, 503 challenge', 503, page, 'ERR_UPSTREAM_EDGE_BLOCKED', 'wait', {
    'cf-mitigated': 'challenge',
  }),
  row('refresh', 'success without tokens', 200, {}, 'ERR_UPSTREAM_BAD_RESPONSE', 'report'),
  row('refresh', 'success with a page', 200, page, 'ERR_UPSTREAM_BAD_RESPONSE', 'report'),
  row('refresh', 'success with a number', 200, { access_token: 1 }, 'ERR_UPSTREAM_BAD_RESPONSE', 'report'),

  row('user-code', 'disabled', 404, '', 'ERR_SIGN_IN_DEVICE_DISABLED', 'fix-configuration'),
  row('user-code', 'too many', 429, '', 'ERR_UPSTREAM_RATE_LIMITED', 'wait'),
  row('user-code', '500', 500, '', 'ERR_UPSTREAM_UNAVAILABLE', 'retry'),
  row('user-code', 'refused', 400, { error: 'invalid_client' }, 'ERR_SIGN_IN_FAILED', 'sign-in'),
  row(
    'user-code',
    'region',
    403,
    nested('unsupported_country_region_territory'),
    'ERR_UPSTREAM_REGION',
    'fix-configuration',
  ),
  row('user-code', 'edge', 403, page, 'ERR_UPSTREAM_EDGE_BLOCKED', 'wait'),
  row('user-code', 'wrong shape', 200, { user_code: 5 }, 'ERR_UPSTREAM_BAD_RESPONSE', 'report'),

  row('poll', 'denied', 400, { error: 'access_denied' }, 'ERR_SIGN_IN_DENIED', 'sign-in'),
  row('poll', 'denied, as 403', 403, { error: 'access_denied' }, 'ERR_SIGN_IN_DENIED', 'sign-in'),
  row('poll', 'expired', 400, { error: 'expired_token' }, 'ERR_SIGN_IN_EXPIRED', 'sign-in'),
  row('poll', 'gone', 410, '', 'ERR_SIGN_IN_FAILED', 'sign-in'),
  row('poll', '500', 500, '', 'ERR_UPSTREAM_UNAVAILABLE', 'retry'),
  row(
    'poll',
    'region, although 403',
    403,
    nested('unsupported_country_region_territory'),
    'ERR_UPSTREAM_REGION',
    'fix-configuration',
  ),
  row('poll', 'edge, although 403', 403, page, 'ERR_UPSTREAM_EDGE_BLOCKED', 'wait'),
  row('poll', 'wrong shape', 200, { authorization_code: '' }, 'ERR_UPSTREAM_BAD_RESPONSE', 'report'),

  row('exchange', 'a code that is spent', 400, { error: 'invalid_grant' }, 'ERR_SIGN_IN_FAILED', 'sign-in'),
  row('exchange', '500', 500, page, 'ERR_SIGN_IN_FAILED', 'sign-in'),
  row(
    'exchange',
    'region',
    403,
    nested('unsupported_country_region_territory'),
    'ERR_UPSTREAM_REGION',
    'fix-configuration',
  ),
  row('exchange', 'edge', 403, page, 'ERR_UPSTREAM_EDGE_BLOCKED', 'wait'),
  row('exchange', 'half the tokens', 200, { access_token: 'a' }, 'ERR_UPSTREAM_BAD_RESPONSE', 'report'),

  row('revoke', '400', 400, { error: 'invalid_token' }, 'ERR_UPSTREAM_UNAVAILABLE', 'retry'),
  row('revoke', '500', 500, '', 'ERR_UPSTREAM_UNAVAILABLE', 'retry'),
  row('revoke', 'edge', 403, page, 'ERR_UPSTREAM_EDGE_BLOCKED', 'wait'),

  row('backend', 'expired on the server', 401, nested('token_expired'), 'ERR_UPSTREAM_UNAUTHORIZED', 'sign-in'),
  row('backend', 'ended on the server', 401, nested('token_invalidated'), 'ERR_UPSTREAM_UNAUTHORIZED', 'sign-in'),
  row(
    'backend',
    'wrong host',
    401,
    nested('missing_scope', 'Missing scopes: api.responses.write'),
    'ERR_TOKEN_WRONG_ORIGIN',
    'fix-configuration',
  ),
  row(
    'backend',
    'wrong host, as 403',
    403,
    nested('missing_scope', 'Missing scope: x'),
    'ERR_TOKEN_WRONG_ORIGIN',
    'fix-configuration',
  ),
  row(
    'backend',
    'usage limit',
    429,
    limit('usage_limit_reached', { resets_at: nowMs / 1000 + 90 }),
    'ERR_UPSTREAM_USAGE_LIMIT',
    'wait',
  ),
  row('backend', 'usage limit as 404', 404, limit('usage_limit_reached'), 'ERR_UPSTREAM_USAGE_LIMIT', 'wait'),
  row('backend', 'plan too small', 429, limit('usage_not_included'), 'ERR_UPSTREAM_USAGE_LIMIT', 'wait'),
  row('backend', 'too many', 429, nested('rate_limit_exceeded'), 'ERR_UPSTREAM_RATE_LIMITED', 'wait', {
    'retry-after': '3',
  }),
  row(
    'backend',
    'model, 400',
    400,
    { detail: "The 'x' model is not supported when using Codex with a ChatGPT account." },
    'ERR_UPSTREAM_MODEL_NOT_AVAILABLE',
    'fix-configuration',
  ),
  row(
    'backend',
    'model, 404',
    404,
    nested('model_not_found', 'The model `x` does not exist'),
    'ERR_UPSTREAM_MODEL_NOT_AVAILABLE',
    'fix-configuration',
  ),
  row('backend', 'field', 400, { detail: 'Unsupported parameter: temperature' }, 'ERR_UPSTREAM_REJECTED', 'report'),
  row('backend', 'overloaded', 503, nested('server_is_overloaded'), 'ERR_UPSTREAM_UNAVAILABLE', 'retry'),
  row('backend', 'bad gateway', 502, page, 'ERR_UPSTREAM_UNAVAILABLE', 'retry'),
  row(
    'backend',
    'region',
    403,
    nested('unsupported_country_region_territory'),
    'ERR_UPSTREAM_REGION',
    'fix-configuration',
  ),
  row('backend', 'edge', 403, page, 'ERR_UPSTREAM_EDGE_BLOCKED', 'wait', { 'cf-ray': '9a1b2c3d4e5f-FRA' }),
  row('backend', 'forbidden', 403, nested('forbidden'), 'ERR_UPSTREAM_REJECTED', 'report'),
]

async function errorOf({ at, status, body, headers }: Row): Promise<AuthError> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  try {
    await readers[at](new Response(text, { status, headers: headers ?? {} }))
  } catch (error) {
    if (isAuthError(error)) return error
    throw error
  }
  throw new Error('The answer was taken for a success.')
}

describe('a failed answer', () => {
  it.each(rows)('of $at ($what: $status) is $code', async (expected) => {
    const error = await errorOf(expected)
    expect({ code: error.code, remedy: error.remedy }).toEqual({ code: expected.code, remedy: expected.remedy })
    expect(error.retryable).toBe(expected.remedy === 'retry' || expected.remedy === 'wait')
    expect(error.message).toMatch(/\.$/)
  })

  it('names the ray of the edge that refused it', async () => {
    const error = await errorOf(
      row('backend', '', 403, page, 'ERR_UPSTREAM_EDGE_BLOCKED', 'wait', { 'cf-ray': '9a1b-FRA' }),
    )
    expect(error.message).toContain('9a1b-FRA')
  })

  it('waits for what the server said: its own reset before Retry-After', async () => {
    const body = limit('usage_limit_reached', { resets_at: nowMs / 1000 + 90 })
    const headers = { 'retry-after': '3' }
    const error = await errorOf(row('backend', '', 429, body, 'ERR_UPSTREAM_USAGE_LIMIT', 'wait', headers))
    expect(error.retryAfterMs).toBe(90_000)
  })
})

const causes: readonly (readonly [code: string, expected: ErrorCode, remedy: Remedy])[] = [
  ['SELF_SIGNED_CERT_IN_CHAIN', 'ERR_NETWORK_TLS', 'fix-configuration'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ERR_NETWORK_TLS', 'fix-configuration'],
  ['CERT_HAS_EXPIRED', 'ERR_NETWORK_TLS', 'fix-configuration'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_NETWORK_TLS', 'fix-configuration'],
  ['UND_ERR_CONNECT_TIMEOUT', 'ERR_NETWORK_TIMEOUT', 'retry'],
  ['UND_ERR_HEADERS_TIMEOUT', 'ERR_NETWORK_TIMEOUT', 'retry'],
  ['ECONNREFUSED', 'ERR_NETWORK_UNREACHABLE', 'retry'],
  ['ENOTFOUND', 'ERR_NETWORK_UNREACHABLE', 'retry'],
  ['UND_ERR_SOCKET', 'ERR_NETWORK_UNREACHABLE', 'retry'],
]

describe('a connection that failed', () => {
  it.each(causes)('with %s is %s', (code, expected, remedy) => {
    const failure = new TypeError('fetch failed', { cause: Object.assign(new Error('why'), { code }) })
    expect(toNetworkError(failure, 'https://auth.openai.com/oauth/token')).toMatchObject({ code: expected, remedy })
  })
})
