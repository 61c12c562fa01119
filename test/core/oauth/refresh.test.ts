import { describe, expect, it } from 'vitest'
import { createClientIdentity, Secret, type ErrorCode } from '../../../src/core/index.js'
import { processRefreshResponse, refreshRequest } from '../../../src/core/oauth.js'
import { caughtAuthError, caughtCode } from '../../support/caught.js'
import { idToken } from '../../support/jwt.js'
import { cutResponse, htmlResponse } from '../../support/responses.js'

const issuer = 'https://auth.emulator.test'
const process = processRefreshResponse
const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers })

it('is JSON with the reason, under our own name, and follows no redirect', async () => {
  const requests: Request[] = []
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    requests.push(new Request(input, init))
    return new Response('{}')
  }
  const grant = {
    issuer: `${issuer}/`,
    clientId: 'app_1',
    refreshToken: new Secret('token-1'),
    reason: 'forced',
  } as const
  await refreshRequest(grant, { fetch, identity: createClientIdentity() })
  const [request] = requests
  expect(request?.url).toBe('https://auth.emulator.test/oauth/token')
  expect(request?.redirect).toBe('manual')
  expect(Object.fromEntries(request?.headers ?? [])).toMatchObject({
    'content-type': 'application/json',
    originator: 'planpass',
    'user-agent': expect.stringMatching(/^planpass\//),
  })
  expect(await request?.text()).toBe(
    '{"client_id":"app_1","grant_type":"refresh_token","refresh_reason":"forced","refresh_token":"token-1"}',
  )
})

/** Protocol 5.4, real-codex 8, and law 5 of the session. */
describe('a refused refresh', () => {
  it.each<[ErrorCode, number, unknown]>([
    ['ERR_TOKEN_REFRESH_EXPIRED', 401, { error: { code: 'refresh_token_expired' } }],
    ['ERR_TOKEN_REFRESH_EXPIRED', 400, { error: 'refresh_token_expired' }],
    ['ERR_TOKEN_REFRESH_REUSED', 401, { error: { code: 'refresh_token_reused' } }],
    ['ERR_TOKEN_REFRESH_REUSED', 400, { error: { code: 'refresh_token_reused' } }],
    ['ERR_TOKEN_REFRESH_REVOKED', 401, { error: { code: 'refresh_token_invalidated' } }],
    ['ERR_TOKEN_REFRESH_REVOKED', 400, { code: 'REFRESH_TOKEN_INVALIDATED' }],
    ['ERR_TOKEN_REFRESH_REVOKED', 403, { error: { code: 'app_session_terminated' } }],
    ['ERR_TOKEN_REFRESH_REJECTED', 400, { error: 'invalid_grant' }],
    ['ERR_TOKEN_REFRESH_REJECTED', 401, { error: 'something_else' }],
    ['ERR_TOKEN_REFRESH_REJECTED', 401, ''],
    ['ERR_TOKEN_REFRESH_UNAVAILABLE', 403, { error: 'invalid_grant' }],
    ['ERR_TOKEN_REFRESH_UNAVAILABLE', 400, { error: 'invalid_request' }],
    ['ERR_TOKEN_REFRESH_UNAVAILABLE', 404, ''],
    ['ERR_TOKEN_REFRESH_UNAVAILABLE', 429, { error: 'rate_limited' }],
    ['ERR_TOKEN_REFRESH_UNAVAILABLE', 500, { error: 'server_error' }],
    ['ERR_TOKEN_REFRESH_UNAVAILABLE', 503, '<html></html>'],
    ['ERR_UPSTREAM_EDGE_BLOCKED', 401, '<html>Sign in to the hotel network</html>'],
    ['ERR_UPSTREAM_EDGE_BLOCKED', 403, '<!DOCTYPE html>'],
  ])('is %s when the answer is %i %j', async (code, status, body) => {
    expect(await caughtCode(process(answer(status, body)))).toBe(code)
  })

  it('is not final after a redirect', async () => {
    const redirect = answer(307, '', { location: 'https://elsewhere.test' })
    expect(await caughtCode(process(redirect))).toBe('ERR_TOKEN_REFRESH_UNAVAILABLE')
  })

  it('carries the wait and the request id the server gave', async () => {
    const headers = { 'retry-after': '3', 'x-request-id': 'req_0123456789abcdef0123456789abcdef' }
    const error = await caughtAuthError(process(answer(429, {}, headers)))
    expect(error).toMatchObject({ retryAfterMs: 3000, requestId: 'req_0123456789abcdef0123456789abcdef' })
  })

  it('is a network failure when the answer breaks off', async () => {
    for (const status of [200, 401, 500])
      expect(await caughtCode(process(cutResponse('{', { status })))).toBe('ERR_NETWORK_UNREACHABLE')
  })
})

describe('a granted refresh', () => {
  it('may leave out the ID token and the refresh token', async () => {
    const tokens = await process(answer(200, { access_token: 'a', expires_in: 3600 }))
    expect(tokens.accessToken?.reveal()).toBe('a')
    expect(tokens).not.toHaveProperty('refreshToken')
    expect(tokens).not.toHaveProperty('idToken')
  })

  it.each([
    ['an empty object', {}],
    ['no access token', { refresh_token: 'r' }],
    ['an access token of null', { access_token: null }],
    ['an empty access token', { access_token: '' }],
    ['an access token that is a number', { access_token: 1 }],
    ['an empty refresh token', { access_token: 'a', refresh_token: '' }],
    ['an ID token that is no JWT', { access_token: 'a', id_token: 'x' }],
    ['an ID token in a list', { access_token: 'a', id_token: [idToken()] }],
    ['an access token that cannot stand in a header', { access_token: 'a\nb' }],
    ['a list', []],
    ['nothing', ''],
  ])('is not one with %s', async (_, body) => {
    expect(await caughtCode(process(answer(200, body)))).toBe('ERR_UPSTREAM_BAD_RESPONSE')
  })

  it('is not a page', async () => {
    expect(await caughtCode(process(htmlResponse(200)))).toBe('ERR_UPSTREAM_BAD_RESPONSE')
  })
})
