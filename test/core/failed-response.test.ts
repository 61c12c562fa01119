import { describe, expect, it } from 'vitest'
import { describeFailure, readFailedResponse } from '../../src/core/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { jwt } from '../support/jwt.js'
import { cutResponse, htmlResponse } from '../support/responses.js'

const answer = (body: unknown, status = 400, headers: Record<string, string> = {}) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers })

describe('the code of a failed answer', () => {
  it.each([
    ['`error`', { error: 'invalid_grant', code: 'other' }, 'invalid_grant'],
    ['`error.code`', { error: { code: 'refresh_token_reused' }, code: 'other' }, 'refresh_token_reused'],
    ['top-level `code`', { code: 'refresh_token_invalidated' }, 'refresh_token_invalidated'],
    ['lower case', { code: 'REFRESH_TOKEN_EXPIRED' }, 'refresh_token_expired'],
  ])('is read from %s', async (_, body, code) => {
    expect((await readFailedResponse(answer(body))).code).toBe(code)
  })

  it.each([[''], ['nonsense'], ['[]'], [{ error: 7 }], [{ error: { code: null } }], [{}]])(
    'is absent from %j',
    async (body) => {
      expect(await readFailedResponse(answer(body))).not.toHaveProperty('code')
    },
  )
})

describe('the words of a failed answer', () => {
  it.each([
    ['`error_description` first', { error: 'x', error_description: 'The code is old.' }, 'The code is old.'],
    ['`error.message` next', { error: { message: 'No such thing.', code: 'x' } }, 'No such thing.'],
    ['then `detail`', { detail: 'Unsupported parameter: foo' }, 'Unsupported parameter: foo'],
    ['then `error`', { error: 'invalid_request' }, 'invalid_request'],
    ['without what turns the direction of writing', { detail: 'safe\u202Eelif\u2066\u001B[2J' }, 'safe elif [2J'],
    ['a body that is no JSON', 'upstream\n\tconnect  error', 'upstream connect error'],
  ])('are %s', async (_, body, detail) => {
    expect((await readFailedResponse(answer(body))).detail).toBe(detail)
  })

  it('are cut to what fits a line', async () => {
    const { detail } = await readFailedResponse(answer('many words '.repeat(100)))
    expect(detail?.length).toBeLessThanOrEqual(300)
  })

  it.each([
    ['a JWT', jwt({ sub: 'ada' })],
    ['a refresh token', `rt_${'aB3-'.repeat(11)}`],
    ['a code', 'ac_Zk3nJ8sQ2mX7pLrT0vWy9bCdEfGh'],
  ])('never repeat %s that the server echoes', async (_, token) => {
    for (const body of [{ error: token }, { code: token }, { error: { code: token } }, { error_description: token }]) {
      const failed = await readFailedResponse(answer(body))
      const said = `${describeFailure(failed)} ${failed.code} ${failed.detail}`
      expect(said.toLowerCase()).not.toContain(token.toLowerCase())
    }
    const { body: _body, ...shown } = await readFailedResponse(answer(`Unknown token ${token}.`))
    expect(JSON.stringify(shown)).not.toContain(token)
  })
})

describe('the request id', () => {
  it.each([
    ['x-request-id', 'req_5f0c1b9de1f04d0c8e7c2a4b6d8f0a1c'],
    ['x-request-id', 'req_1a6f7c30-8955-4a22-bbe6-f43912e18a97'],
    ['x-openai-request-id', '1a6f7c30-8955-4a22-bbe6-f43912e18a97'],
    ['cf-ray', '8f1b2c3d4e5f6a7b-FRA'],
  ])('is taken from %s as it is: %s', async (name, id) => {
    expect((await readFailedResponse(answer({}, 500, { [name]: id }))).requestId).toBe(id)
  })

  it('is not a place to echo a token in', async () => {
    const token = jwt({ sub: 'ada' })
    const { requestId } = await readFailedResponse(answer({}, 500, { 'x-request-id': token }))
    expect(requestId).not.toContain(token.split('.')[1])
  })
})

it.each([
  ['7', 7000],
  ['0', 0],
  ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
  ['-1', undefined],
  ['1e9', undefined],
])('understands `Retry-After: %s` as %s', async (text, expected) => {
  expect((await readFailedResponse(answer({}, 429, { 'retry-after': text }))).retryAfterMs).toBe(expected)
})

describe('the network edge', () => {
  it.each([
    ['a page with 403', htmlResponse(403)],
    ['a page with 401, as a captive portal sends', htmlResponse(401)],
    ['a challenge', answer({ error: 'x' }, 429, { 'cf-mitigated': 'challenge', 'cf-ray': '8f1b2c3d4e5f6a7b-FRA' })],
  ])('is told from the service by %s', async (_, response) => {
    expect(await caughtCode(readFailedResponse(response))).toBe('ERR_UPSTREAM_EDGE_BLOCKED')
  })

  it('is named with its ray', async () => {
    const error = await caughtAuthError(readFailedResponse(htmlResponse(403, { 'cf-ray': '8f1b2c3d4e5f6a7b-FRA' })))
    expect(error.message).toContain('8f1b2c3d4e5f6a7b-FRA')
  })
})

it('calls a failed answer that breaks off a network failure, since what it says is unknown', async () => {
  const broken = readFailedResponse(cutResponse('{"error":', { status: 401 }))
  expect(await caughtCode(broken)).toBe('ERR_NETWORK_UNREACHABLE')
})
