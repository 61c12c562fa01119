import { describe, expect, it } from 'vitest'
import { codexProvider } from '../../../src/core/index.js'
import { processDevicePollResponse, processUserCodeResponse } from '../../../src/core/oauth.js'
import { startMs } from '../../support/auth-document.js'
import { caughtCode } from '../../support/caught.js'
import { cutResponse, htmlResponse } from '../../support/responses.js'

const answer = (status: number, body: unknown) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status })
const start = (body: unknown, status = 200) => processUserCodeResponse(codexProvider, answer(status, body), startMs)
const poll = (response: Response) => processDevicePollResponse(codexProvider, response)

const started = { device_auth_id: 'device-1', user_code: 'ABCD-12345' }

describe('a user code', () => {
  it('is shown with the issuer’s own page and lives 15 minutes', async () => {
    const code = await start({ ...started, interval: '5' })
    expect(code).toMatchObject({
      userCode: 'ABCD-12345',
      verificationUrl: 'https://auth.openai.com/codex/device',
      intervalMs: 5000,
      expiresAtMs: startMs + 15 * 60_000,
    })
    expect(code.deviceAuthId.reveal()).toBe('device-1')
  })

  it('may be spelled `usercode`', async () => {
    expect((await start({ device_auth_id: 'd', usercode: 'ABCD' })).userCode).toBe('ABCD')
  })

  it.each([
    ['a string', '7', 7000],
    ['a number', 7, 7000],
    ['a string with spaces', ' 7 ', 7000],
    ['a fraction', '5.5', 5500],
    ['"0", on which Codex polls without pause', '0', 1000],
    ['0', 0, 1000],
    ['a negative number', -3, 1000],
    ['nothing', undefined, 5000],
    ['null', null, 5000],
    ['an empty string', '', 5000],
    ['a blank string', ' ', 5000],
    ['nonsense', 'soon', 5000],
    ['infinity', 'Infinity', 5000],
    ['a list', [5], 5000],
  ])('is polled for at a safe interval when the server gives %s', async (_, interval, intervalMs) => {
    expect((await start({ ...started, interval })).intervalMs).toBe(intervalMs)
  })

  it.each([
    ['an earlier end', new Date(startMs + 60_000).toISOString(), startMs + 60_000],
    ['a later end', new Date(startMs + 3_600_000).toISOString(), startMs + 900_000],
    ['an end in the past', new Date(startMs - 1).toISOString(), startMs + 900_000],
    ['nonsense', 'soon', startMs + 900_000],
    ['a number', 60, startMs + 900_000],
  ])('ends in at most 15 minutes when the server gives %s', async (_, expires_at, expiresAtMs) => {
    expect((await start({ ...started, expires_at })).expiresAtMs).toBe(expiresAtMs)
  })

  it.each([
    ['no handle', { user_code: 'ABCD' }],
    ['no code', { device_auth_id: 'd' }],
    ['an empty code', { device_auth_id: 'd', user_code: '' }],
    ['a code that draws on the terminal', { device_auth_id: 'd', user_code: '\u001B[2J' }],
    ['a code of many lines', { device_auth_id: 'd', user_code: 'AB\nCD' }],
    ['a code that is a page long', { device_auth_id: 'd', user_code: 'A'.repeat(1000) }],
    ['a code that is a number', { device_auth_id: 'd', user_code: 7 }],
    ['a list', []],
    ['a page', '<html></html>'],
  ])('is not taken from an answer with %s', async (_, body) => {
    expect(await caughtCode(start(body))).toBe('ERR_UPSTREAM_BAD_RESPONSE')
  })

  it.each([
    [404, '', 'ERR_SIGN_IN_DEVICE_DISABLED'],
    [400, { error: 'bad' }, 'ERR_SIGN_IN_FAILED'],
    [403, { error: 'no' }, 'ERR_SIGN_IN_FAILED'],
    [403, '<html></html>', 'ERR_UPSTREAM_EDGE_BLOCKED'],
    [429, '', 'ERR_UPSTREAM_RATE_LIMITED'],
    [503, '', 'ERR_UPSTREAM_UNAVAILABLE'],
  ])('is not given by %i %j, which is %s', async (status, body, code) => {
    expect(await caughtCode(start(body, status))).toBe(code)
  })
})

describe('a poll', () => {
  it.each([
    [403, { error: { code: 'deviceauth_authorization_unknown' } }, 'pending'],
    [404, '', 'pending'],
    [403, '', 'pending'],
    [400, { error: 'authorization_pending' }, 'pending'],
    [400, { error: 'slow_down' }, 'slow-down'],
    [429, '', 'slow-down'],
  ])('that is answered with %i %j means %s', async (status, body, state) => {
    expect((await poll(answer(status, body))).state).toBe(state)
  })

  it.each([
    [400, { error: 'access_denied' }, 'ERR_SIGN_IN_DENIED'],
    [403, { error: { code: 'access_denied' } }, 'ERR_SIGN_IN_DENIED'],
    [400, { error: 'expired_token' }, 'ERR_SIGN_IN_EXPIRED'],
    [410, '', 'ERR_SIGN_IN_FAILED'],
    [401, { error: 'no' }, 'ERR_SIGN_IN_FAILED'],
    [400, { error: 'constructor' }, 'ERR_SIGN_IN_FAILED'],
    [400, { error: '__proto__' }, 'ERR_SIGN_IN_FAILED'],
    [302, '', 'ERR_SIGN_IN_FAILED'],
    [500, '', 'ERR_UPSTREAM_UNAVAILABLE'],
    [200, {}, 'ERR_UPSTREAM_BAD_RESPONSE'],
    [200, { authorization_code: 'c' }, 'ERR_UPSTREAM_BAD_RESPONSE'],
    [200, { authorization_code: '', code_verifier: 'v' }, 'ERR_UPSTREAM_BAD_RESPONSE'],
    [200, '<html></html>', 'ERR_UPSTREAM_BAD_RESPONSE'],
  ])('that is answered with %i %j is %s', async (status, body, code) => {
    expect(await caughtCode(poll(answer(status, body)))).toBe(code)
  })

  it('that is answered by the network edge is not taken for "pending"', async () => {
    expect(await caughtCode(poll(htmlResponse(403)))).toBe('ERR_UPSTREAM_EDGE_BLOCKED')
  })

  it('whose answer breaks off is a network failure, with which to poll again', async () => {
    for (const status of [200, 403, 500])
      expect(await caughtCode(poll(cutResponse('{', { status })))).toBe('ERR_NETWORK_UNREACHABLE')
  })

  it('that is approved carries the code and the verifier the server made', async () => {
    const approval = { authorization_code: 'code-1', code_challenge: 'x', code_verifier: 'verifier-1' }
    const result = await poll(answer(200, approval))
    if (result.state !== 'approved') throw new Error('The poll was approved.')
    expect(result.grant.code.reveal()).toBe('code-1')
    expect(result.grant.verifier.reveal()).toBe('verifier-1')
    expect(result.grant.redirectUri).toBe('https://auth.openai.com/deviceauth/callback')
  })
})
