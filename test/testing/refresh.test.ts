import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { codexClientId } from '../../src/testing/codex-client.js'
import { createEmulator } from '../../src/testing/index.js'
import { emulatorAtRest, errorCode, post, postForm, refresh, whoami } from './issuer-client.js'

const tokenOf = (answer: { body: Record<string, unknown> }, name: string) => String(answer.body[name])

describe('refresh', () => {
  it('rotates, in JSON and in form encoding', async () => {
    const { emulator } = emulatorAtRest()
    const issued = await emulator.issueTokens()
    const first = await refresh(emulator, issued.refreshToken)
    expect(first.status).toBe(200)
    expect(first.body['refresh_token']).not.toBe(issued.refreshToken)
    const form = {
      grant_type: 'refresh_token',
      client_id: codexClientId,
      refresh_token: tokenOf(first, 'refresh_token'),
    }
    expect((await postForm(emulator, '/oauth/token', form)).status).toBe(200)
    expect(emulator.counters.refresh.ok).toBe(2)
    expect(emulator.log[0]).toMatchObject({
      grantType: 'refresh_token',
      outcome: 'refresh:ok',
      refreshReason: 'forced',
    })
  })

  it('strict: answers the loser with refresh_token_reused, and everything of the session dies', async () => {
    const { emulator } = emulatorAtRest({ reuse: 'strict' })
    const issued = await emulator.issueTokens()
    const winner = await refresh(emulator, issued.refreshToken)
    const loser = await refresh(emulator, issued.refreshToken)
    expect(loser).toMatchObject({
      status: 401,
      body: { error: { type: 'invalid_request_error', param: null, code: 'refresh_token_reused' } },
    })
    expect(errorCode(await refresh(emulator, tokenOf(winner, 'refresh_token')))).toBe('refresh_token_invalidated')
    expect(errorCode(await whoami(emulator, tokenOf(winner, 'access_token')))).toBe('token_invalidated')
    expect(errorCode(await whoami(emulator, issued.accessToken))).toBe('token_invalidated')
    expect(emulator.counters.refresh).toEqual({ ok: 1, reused: 1, expired: 0, revoked: 1, unknown: 0 })
  })

  it('strict: leaves other sessions alone', async () => {
    const { emulator } = emulatorAtRest()
    const [one, other] = [await emulator.issueTokens(), await emulator.issueTokens()]
    await refresh(emulator, one.refreshToken)
    await refresh(emulator, one.refreshToken)
    expect(emulator.sessions.map(({ state }) => state)).toEqual(['revoked', 'live'])
    expect((await refresh(emulator, other.refreshToken)).status).toBe(200)
  })

  it('soft: answers the loser with refresh_token_reused, and the session lives', async () => {
    const { emulator } = emulatorAtRest({ reuse: 'soft' })
    const issued = await emulator.issueTokens()
    const winner = await refresh(emulator, issued.refreshToken)
    expect(errorCode(await refresh(emulator, issued.refreshToken))).toBe('refresh_token_reused')
    expect((await refresh(emulator, tokenOf(winner, 'refresh_token'))).status).toBe(200)
  })

  it('grace: takes the old token for a while, and is strict after it', async () => {
    const { emulator, clock } = emulatorAtRest({ reuse: 'grace', reuseGraceMs: 10_000 })
    const issued = await emulator.issueTokens()
    await refresh(emulator, issued.refreshToken)
    await clock.advance(9_999)
    expect((await refresh(emulator, issued.refreshToken)).status).toBe(200)
    await clock.advance(1)
    expect(errorCode(await refresh(emulator, issued.refreshToken))).toBe('refresh_token_reused')
    expect(emulator.sessions[0]?.state).toBe('revoked')
  })

  it('of many at once lets exactly one through', async () => {
    const { emulator } = emulatorAtRest({ reuse: 'soft' })
    const { refreshToken } = await emulator.issueTokens()
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(emulator, refreshToken)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(emulator.counters.refresh).toMatchObject({ ok: 1, reused: 7 })
  })

  it('answers refresh_token_expired when its time is over, or when a test says so', async () => {
    const { emulator, clock } = emulatorAtRest({ lifetimes: { refreshTokenMs: 60_000 } })
    const old = await emulator.issueTokens()
    await clock.advance(60_000)
    expect(errorCode(await refresh(emulator, old.refreshToken))).toBe('refresh_token_expired')
    const fresh = await emulator.issueTokens()
    emulator.expireRefreshTokens()
    expect(errorCode(await refresh(emulator, fresh.refreshToken))).toBe('refresh_token_expired')
  })

  it('knows a refresh token only from the client it was issued to', async () => {
    const { emulator } = emulatorAtRest()
    const { refreshToken } = await emulator.issueTokens()
    expect(await refresh(emulator, refreshToken, 'app_other')).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
    expect((await refresh(emulator, refreshToken)).status).toBe(200)
  })

  it('takes no grant type it does not know, and no parameter twice', async () => {
    const { emulator } = emulatorAtRest()
    for (const grantType of ['password', 'toString', 'constructor'])
      expect((await post(emulator, '/oauth/token', { grant_type: grantType })).body['error']).toBe(
        'unsupported_grant_type',
      )
    expect((await post(emulator, '/oauth/token', {})).body['error']).toBe('invalid_request')
    const body = new URLSearchParams('grant_type=refresh_token&grant_type=refresh_token')
    const response = await emulator.fetch(`${emulator.issuer}/oauth/token`, { method: 'POST', body })
    expect(await response.json()).toMatchObject({ error: 'invalid_request' })
  })
})

describe('access tokens', () => {
  it('are expired by the server at will, while their exp still lies ahead', async () => {
    const { emulator, clock } = emulatorAtRest()
    const { accessToken, refreshToken } = await emulator.issueTokens()
    expect((await whoami(emulator, accessToken)).status).toBe(200)
    emulator.expireAccessTokens()
    expect(await whoami(emulator, accessToken)).toEqual({
      status: 401,
      body: {
        error: {
          message: 'Provided authentication token is expired. Please try signing in again.',
          type: 'invalid_request_error',
          param: null,
          code: 'token_expired',
        },
      },
    })
    expect((decodeJwt(accessToken).exp ?? 0) * 1000).toBeGreaterThan(clock.now())
    const renewed = await refresh(emulator, refreshToken)
    expect((await whoami(emulator, tokenOf(renewed, 'access_token'))).status).toBe(200)
  })

  it('expire when their time is over', async () => {
    const { emulator, clock } = emulatorAtRest()
    const { accessToken } = await emulator.issueTokens()
    await clock.advance(60 * 60_000)
    expect(errorCode(await whoami(emulator, accessToken))).toBe('token_expired')
  })

  it('never live under five minutes, unless a test insists', () => {
    const lifetimes = { accessTokenMs: 299_000 }
    expect(() => createEmulator({ lifetimes })).toThrow(RangeError)
    expect(() => createEmulator({ lifetimes, allowShortAccessTokens: true })).not.toThrow()
  })

  it.each([
    ['Bearer nonsense', 'invalid_token'],
    ['Basic abc', 'missing_token'],
  ])('%s is none', async (authorization, code) => {
    const { emulator } = emulatorAtRest()
    const response = await emulator.fetch(`${emulator.backendUrl}/wham/usage`, { headers: { authorization } })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: { code } })
  })

  it('may be personal ones, and say whose they are', async () => {
    const { emulator } = emulatorAtRest()
    const token = emulator.issuePersonalAccessToken()
    expect(token).toMatch(/^at-/)
    expect((await whoami(emulator, token)).body).toEqual({
      email: 'ada@example.test',
      chatgpt_user_id: 'user-emulated-1',
      chatgpt_account_id: 'account-emulated-1',
      chatgpt_plan_type: 'plus',
      chatgpt_account_is_fedramp: false,
    })
  })
})

describe('revocation', () => {
  it.each(['accessToken', 'refreshToken'] as const)('of the %s kills the session', async (kind) => {
    const { emulator } = emulatorAtRest()
    const issued = await emulator.issueTokens()
    const answer = await post(emulator, '/oauth/revoke', { token: issued[kind], token_type_hint: 'refresh_token' })
    expect(answer.status).toBe(200)
    expect(errorCode(await refresh(emulator, issued.refreshToken))).toBe('refresh_token_invalidated')
    expect(errorCode(await whoami(emulator, issued.accessToken))).toBe('token_invalidated')
  })

  it('takes a form too, answers 200 to a token it does not know, and 400 to none', async () => {
    const { emulator } = emulatorAtRest()
    expect((await postForm(emulator, '/oauth/revoke', { token: 'never-issued' })).status).toBe(200)
    expect((await postForm(emulator, '/oauth/revoke', {})).status).toBe(400)
  })
})
