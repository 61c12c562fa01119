import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { codexClientId, codexScope } from '../../src/testing/codex-client.js'
import { defaultAccount, type Emulator } from '../../src/testing/index.js'
import { authorizeUrl, emulatorAtRest, locationOf, postForm, redirectUri, whoami } from './issuer-client.js'

function exchange(emulator: Emulator, code: string, verifier: string, changes: Record<string, string> = {}) {
  const form = { grant_type: 'authorization_code', client_id: codexClientId, code, redirect_uri: redirectUri }
  return postForm(emulator, '/oauth/token', { ...form, code_verifier: verifier, ...changes })
}

async function approvedCode(emulator: Emulator, changes: Record<string, string | undefined> = {}) {
  const { url, verifier } = authorizeUrl(emulator, changes)
  const location = await locationOf(emulator, url)
  return { code: location.searchParams.get('code') ?? '', verifier }
}

describe('/oauth/authorize', () => {
  it('comes back with code, scope and state, and the code buys tokens once', async () => {
    const { emulator } = emulatorAtRest({ autoApprove: true })
    const { url, verifier } = authorizeUrl(emulator, { nonce: 'nonce-1' })
    const location = await locationOf(emulator, url)
    expect(location.href.split('?')[0]).toBe(redirectUri)
    expect([...location.searchParams.keys()]).toEqual(['code', 'scope', 'state'])
    const { code = '', ...rest } = Object.fromEntries(location.searchParams)
    expect(rest).toEqual({ scope: codexScope, state: 'state-1' })

    const { status, body } = await exchange(emulator, code, verifier)
    expect(status).toBe(200)
    expect(decodeJwt(String(body['id_token']))['nonce']).toBe('nonce-1')
    expect(await exchange(emulator, code, verifier)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  it.each([
    ['another verifier', { code_verifier: 'x'.repeat(43) }],
    ['another client', { client_id: 'app_other' }],
    ['another redirect URI', { redirect_uri: 'http://localhost:1455/auth/callback' }],
  ])('refuses the exchange with %s, and the code is spent by it', async (_, changes) => {
    const { emulator } = emulatorAtRest({ autoApprove: true })
    const { code, verifier } = await approvedCode(emulator)
    expect(await exchange(emulator, code, verifier, changes)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
    expect((await exchange(emulator, code, verifier)).status).toBe(400)
  })

  it.each([
    ['strict', 'revoked'],
    ['grace', 'revoked'],
    ['soft', 'live'],
  ] as const)('%s: a code used again leaves the session it made %s', async (reuse, state) => {
    const { emulator } = emulatorAtRest({ autoApprove: true, reuse })
    const { code, verifier } = await approvedCode(emulator)
    const { body } = await exchange(emulator, code, verifier)
    expect((await exchange(emulator, code, verifier)).body['error']).toBe('invalid_grant')
    expect(emulator.sessions.map((session) => session.state)).toEqual([state])
    const isGood = (await whoami(emulator, String(body['access_token']))).status === 200
    expect(isGood).toBe(state === 'live')
  })

  it('a code used again leaves the sessions of other codes alone', async () => {
    const { emulator } = emulatorAtRest({ autoApprove: true })
    const [one, other] = [await approvedCode(emulator), await approvedCode(emulator)]
    await exchange(emulator, other.code, other.verifier)
    await exchange(emulator, one.code, one.verifier)
    await exchange(emulator, one.code, one.verifier)
    expect(emulator.sessions.map(({ state }) => state)).toEqual(['live', 'revoked'])
  })

  it('lets a code expire', async () => {
    const { emulator, clock } = emulatorAtRest({ autoApprove: true })
    const { code, verifier } = await approvedCode(emulator)
    await clock.advance(10 * 60_000)
    expect((await exchange(emulator, code, verifier)).status).toBe(400)
  })

  it.each([
    'https://elsewhere.test/auth/callback',
    'http://127.0.0.1:1456/auth/callback',
    'http://127.0.0.1:1455/other',
    'not a url',
  ])('shows a page and redirects nobody to %s', async (uri) => {
    const { emulator } = emulatorAtRest({ autoApprove: true })
    const response = await emulator.fetch(authorizeUrl(emulator, { redirect_uri: uri }).url, { redirect: 'manual' })
    expect(response.status).toBe(400)
    expect(response.headers.get('location')).toBeNull()
    expect(await response.text()).toContain('does not work')
  })

  it.each([
    'http://localhost:1457/auth/callback',
    'https://app.example.test/callback',
    'https://auth.emulator.test/deviceauth/callback',
  ])('takes the registered %s', async (uri) => {
    const { emulator } = emulatorAtRest({ autoApprove: true, redirectUris: ['https://app.example.test/callback'] })
    const location = await locationOf(emulator, authorizeUrl(emulator, { redirect_uri: uri }).url)
    expect(location.searchParams.has('code')).toBe(true)
  })

  it('takes any redirect URI when that rule is off', async () => {
    const { emulator } = emulatorAtRest({ autoApprove: true, rulesOff: ['redirect-uri-registered'] })
    const uri = 'http://127.0.0.1:9/auth/callback'
    expect((await locationOf(emulator, authorizeUrl(emulator, { redirect_uri: uri }).url)).port).toBe('9')
  })

  it.each([
    ['no code_challenge', { code_challenge: undefined }, 'invalid_request'],
    ['the plain method', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['another response type', { response_type: 'token' }, 'unsupported_response_type'],
    ['a workspace that is not ours', { allowed_workspace_id: 'one,two' }, 'access_denied'],
  ])('tells the client about %s', async (_, changes, error) => {
    const { emulator } = emulatorAtRest({ autoApprove: true })
    const location = await locationOf(emulator, authorizeUrl(emulator, changes).url)
    expect(Object.fromEntries(location.searchParams)).toMatchObject({ error, state: 'state-1' })
  })

  it('lets PKCE go when that rule is off', async () => {
    const { emulator } = emulatorAtRest({ autoApprove: true, rulesOff: ['pkce-required'] })
    const { code } = await approvedCode(emulator, { code_challenge: undefined, code_challenge_method: undefined })
    expect((await exchange(emulator, code, '')).status).toBe(200)
  })

  it('asks the person, and does what they say', async () => {
    const { emulator } = emulatorAtRest()
    const { url } = authorizeUrl(emulator)
    const page = await emulator.fetch(url)
    expect(await page.text()).toContain('Allow this program to sign in?')
    const decide = async (decision: string) => {
      const body = new URLSearchParams({ decision, account: defaultAccount.email })
      const response = await emulator.fetch(url, { method: 'POST', body, redirect: 'manual' })
      return new URL(response.headers.get('location') ?? '').searchParams
    }
    expect((await decide('approve')).has('code')).toBe(true)
    expect((await decide('deny')).get('error')).toBe('access_denied')
  })

  it('exchanges the ID token of a live session for an API key, and no other', async () => {
    const { emulator } = emulatorAtRest()
    const { idToken, accessToken, sessionId } = await emulator.issueTokens()
    const ask = (subjectToken: string) =>
      postForm(emulator, '/oauth/token', {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        client_id: codexClientId,
        requested_token: 'openai-api-key',
        subject_token: subjectToken,
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      })
    expect((await ask(idToken)).body['access_token']).toMatch(/^sk-/)
    expect((await ask(accessToken)).status).toBe(400)
    emulator.revokeSession(sessionId)
    expect((await ask(idToken)).status).toBe(400)
  })
})
