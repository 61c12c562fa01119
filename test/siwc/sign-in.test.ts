import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { AuthError, createMemoryStore, type Provider } from '../../src/core/index.js'
import { beginSignIn, expectAccount, parsePastedCallback } from '../../src/sign-in/index.js'
import { readCallbackQuery } from '../../src/sign-in/callback-query.js'
import { createSiwcProvider, parseHostId } from '../../src/siwc/index.js'
import { defaultAccount } from '../../src/testing/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { answering, redirectUri, signInAs, siwcLab, type SiwcLab } from './siwc-lab.js'

const scope = 'openid profile email offline_access resource.invoke chatgpt.tokens.use.direct'

async function begin({ provider }: Pick<SiwcLab, 'provider'>) {
  const attempt = await provider.ways?.begin(redirectUri)
  if (!attempt) throw new Error('The test needs an attempt.')
  return attempt
}

function query(url: URL): Record<string, string> {
  return Object.fromEntries(url.searchParams)
}

const fresh = { state: expect.stringMatching(/^[\w-]{43}$/), nonce: expect.stringMatching(/^[\w-]{43}$/) }
const challenge = expect.stringMatching(/^[\w-]{43}$/)

describe('the authorization request', () => {
  it('has exactly the documented parameters, for a new registration and for one that is used again', async () => {
    const lab = siwcLab()
    const first = (await begin(lab)).authorizeUrl
    expect(first.origin + first.pathname).toBe('https://auth.emulator.test/api/accounts/authorize')
    const common = {
      ext_agent_host_id: lab.hostId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope,
      resource: 'https://api.openai.com/v1',
      ...fresh,
      code_challenge_method: 'S256',
      code_challenge: challenge,
    }
    expect(query(first)).toEqual({ ...common, client_id: 'dynamic_agent_client', agent_name_hint: 'Quill' })
    await lab.signIn()
    const again = (await begin(lab)).authorizeUrl
    const clientId = lab.emulator.clients[0]?.clientId
    expect(query(again)).toEqual({ ...common, client_id: clientId, login_hint: 'ada@example.test' })
    expect(again.searchParams.get('state')).not.toBe(first.searchParams.get('state'))
  })

  it('asks for consent again only when plan use is to be enabled', async () => {
    const lab = siwcLab()
    await lab.signIn()
    const provider = lab.providerWith({ asksForConsent: true })
    expect(query((await begin({ provider })).authorizeUrl)).toMatchObject({ prompt: 'consent', scope })
  })

  it('never goes to localhost by name', async () => {
    const attempt = siwcLab().provider.ways?.begin('http://localhost:1455/auth/callback')
    expect(await caughtCode(attempt ?? Promise.resolve())).toBe('ERR_SIGN_IN_PORT')
  })

  it.each(['', 'Codex', 'ChatGPT Helper'])('is not made under the name "%s"', async (appName) => {
    expect(await caughtCode(() => siwcLab().providerWith({ appName }))).toBe('ERR_CONFIG_CLIENT_NAME')
  })

  it('goes to OpenAI alone outside of tests', async () => {
    const { registrations } = siwcLab()
    const options = { appName: 'Quill', registrations, hostId: async () => 'urn:uuid:x' }
    expect(createSiwcProvider(options)).toMatchObject({
      issuer: 'https://auth.openai.com',
      backendUrl: 'https://api.openai.com/v1',
    })
    expect(await caughtCode(() => createSiwcProvider({ ...options, issuer: 'https://auth.example.com' }))).toBe(
      'ERR_CONFIG_URL',
    )
  })

  it.each(['ada@example.test', 'urn:uuid:1', 'my-laptop'])('takes no host id like %s', async (text) => {
    expect(await caughtCode(() => parseHostId(text))).toBe('ERR_CONFIG_USAGE')
  })
})

describe('the callback', () => {
  it('with a forged state does not consume the attempt', async () => {
    const attempt = await begin(siwcLab())
    const forged = new URLSearchParams({ code: 'x', state: 'forged', client_id: 'oaiapp_1' })
    expect(readCallbackQuery(forged, attempt.state, attempt.receive).kind).toBe('mismatch')
    const real = new URLSearchParams({ code: 'x', state: attempt.state, client_id: 'oaiapp_1' })
    expect(readCallbackQuery(real, attempt.state, attempt.receive).kind).toBe('approved')
  })

  it.each([
    ['none, of a new registration', false, {}],
    ['the one it began with', false, { client_id: 'dynamic_agent_client' }],
    ['one that is no id', false, { client_id: 'two words' }],
    ['one of another issuer', false, { client_id: 'oaiapp_1', iss: 'https://auth.example.com' }],
    ['the one that every program begins with, of a registered client', true, { client_id: 'dynamic_agent_client' }],
    ['a different one, of a registered client', true, { client_id: 'oaiapp_other' }],
  ])('is incomplete with the client id: %s', async (_name, isRegistered, more) => {
    const lab = siwcLab()
    if (isRegistered) await lab.signIn()
    lab.emulator.clearLog()
    const attempt = await begin(lab)
    const callback = new URLSearchParams({ code: 'x', state: attempt.state, ...more })
    const reading = readCallbackQuery(callback, attempt.state, attempt.receive)
    expect(reading).toMatchObject({ kind: 'refused', error: { code: 'ERR_SIGN_IN_FAILED' } })
    expect(lab.emulator.counters.requests.token).toBe(0)
  })

  it('of a registered client may leave its id out', async () => {
    const lab = siwcLab()
    await lab.signIn()
    const read = async (more: Record<string, string>) => {
      const attempt = await begin(lab)
      return readCallbackQuery(
        new URLSearchParams({ code: 'x', state: attempt.state, ...more }),
        attempt.state,
        attempt.receive,
      ).kind
    }
    expect(await read({})).toBe('approved')
    expect(await read({ client_id: lab.emulator.clients[0]?.clientId ?? '' })).toBe('approved')
  })

  it('that declines ends the sign-in, and nothing is exchanged', async () => {
    const attempt = await begin(siwcLab())
    const declined = new URLSearchParams({ error: 'access_denied', state: attempt.state })
    expect(readCallbackQuery(declined, attempt.state, attempt.receive)).toMatchObject({
      error: { code: 'ERR_SIGN_IN_DENIED' },
    })
  })

  it('can be pasted whole, and not as a code alone or as an address of another port', async () => {
    const lab = siwcLab()
    const attempt = await begin(lab)
    const address = await lab.visit(attempt.authorizeUrl)
    const code = address.searchParams.get('code') ?? ''
    for (const useless of [code, address.search, address.href.replace('54321', '54322')]) {
      expect(await caughtCode(() => parsePastedCallback(useless, attempt))).toBe('ERR_SIGN_IN_PASTE')
    }
    expect(parsePastedCallback(address.href, attempt).reveal()).toBe(code)
  })

  it('pretends no device codes', async () => {
    const { provider, emulator, clock } = siwcLab()
    const pending = beginSignIn({ provider, store: createMemoryStore(), fetch: emulator.fetch, clock })
    expect(await caughtCode(pending.openDeviceDoor())).toBe('ERR_SIGN_IN_DEVICE_DISABLED')
    await pending.cancel()
  })
})

describe('the exchange', () => {
  it('happens once the issued id is stored, which a failed one leaves for the next attempt', async () => {
    const lab = siwcLab()
    lab.emulator.faults.add({ endpoint: 'token', status: 400, times: 1, body: { error: 'invalid_grant' } })
    expect(await caughtCode(lab.signIn())).toBe('ERR_SIGN_IN_FAILED')
    const pending = await lab.registrations.read()
    expect(pending).toMatchObject({ state: 'pending', clientId: lab.emulator.clients[0]?.clientId })
    await lab.signIn()
    expect(lab.emulator.clients).toHaveLength(1)
    expect(await lab.registrations.read()).toMatchObject({ state: 'connected', subject: 'user-emulated-1' })
  })

  it('of a new registration leaves the old one in place until somebody is signed in under the new one', async () => {
    const lab = siwcLab()
    await lab.signIn()
    const before = await lab.registrations.read()
    const anew = lab.providerWith({ newRegistration: true })
    lab.emulator.faults.add({ endpoint: 'token', status: 503, times: 1 })
    await caughtCode(lab.signIn(anew))
    const [, second] = lab.emulator.clients
    expect(await lab.registrations.read()).toEqual({ ...before, pendingClientId: second?.clientId })
    expect(query((await begin(lab)).authorizeUrl)).toMatchObject({ client_id: before?.clientId })
    await lab.signIn(anew)
    expect(lab.emulator.clients).toHaveLength(2)
    expect(await lab.registrations.read()).toEqual({ ...before, clientId: second?.clientId })
  })

  it('whose sign-in is not accepted leaves the registration to whom it is connected', async () => {
    const lab = siwcLab()
    await lab.signIn()
    const before = await lab.registrations.read()
    const accept = () => {
      throw new AuthError('ERR_SIGN_IN_WRONG_ACCOUNT', 'Not this one.')
    }
    const signingIn = signInAs(lab.providerWith({ newRegistration: true }), {
      ...lab,
      fetch: lab.emulator.fetch,
      accept,
    })
    expect(await caughtCode(signingIn)).toBe('ERR_SIGN_IN_WRONG_ACCOUNT')
    expect(await lab.registrations.read()).toMatchObject({ ...before })
    expect(lab.emulator.sessions).toMatchObject([{ state: 'live' }, { state: 'revoked' }])
  })

  it('whose sign-in is not accepted does not keep the person from signing in with the account that was meant', async () => {
    const grace = { ...defaultAccount, email: 'grace@example.test', userId: 'user-2', accountId: 'account-2' }
    const lab = siwcLab({ accounts: [defaultAccount, grace], autoApprove: false })
    const { fetch } = lab.emulator
    const signInWith = (provider: Provider, expected: string, account: string) => {
      const accept = expectAccount({ email: expected, mayReplace: true })
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const body = `decision=approve&account=${encodeURIComponent(account)}`
      const visit = async (url: URL) => {
        const answer = await fetch(url, { method: 'POST', redirect: 'manual', headers, body })
        return new URL(answer.headers.get('location') ?? `none:${answer.status}`)
      }
      return signInAs(provider, { ...lab, fetch, visit, accept })
    }
    const ada = defaultAccount.email
    expect(await caughtCode(signInWith(lab.provider, grace.email, ada))).toBe('ERR_SIGN_IN_WRONG_ACCOUNT')
    expect(await signInWith(lab.provider, grace.email, grace.email)).toMatchObject({ identity: { userId: 'user-2' } })
    const before = await lab.registrations.read()
    const anew = lab.providerWith({ newRegistration: true })
    expect(await caughtCode(signInWith(anew, ada, grace.email))).toBe('ERR_SIGN_IN_WRONG_ACCOUNT')
    expect(await lab.registrations.read()).toEqual(before)
    expect(await signInWith(anew, ada, ada)).toMatchObject({ identity: { userId: defaultAccount.userId } })
  })

  it('is a form with the issued id and the resource, and sends no name of ours', async () => {
    const { emulator, signIn } = siwcLab()
    await signIn()
    const request = emulator.log.find(({ endpoint }) => endpoint === 'token')
    expect(request?.headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded' })
    expect(request?.headers).not.toHaveProperty('originator')
    expect(Object.keys(request?.body ?? {})).toEqual([
      'grant_type',
      'client_id',
      'code',
      'code_verifier',
      'redirect_uri',
      'resource',
    ])
  })

  it.each([
    ['another type', { token_type: 'mac' }],
    ['no end', { expires_in: 0 }],
    ['no access token', { access_token: undefined }],
    ['no refresh token', { refresh_token: undefined }],
    ['no ID token', { id_token: undefined }],
    ['a scope that is no text', { scope: 7 }],
  ])('refuses an answer with %s', async (_name, more) => {
    const lab = siwcLab()
    const body = {
      access_token: 'a',
      refresh_token: 'r',
      id_token: 'e30.e30.e30',
      token_type: 'Bearer',
      expires_in: 3600,
      scope,
    }
    lab.emulator.faults.add({ endpoint: 'token', body: { ...body, ...more } })
    expect(await caughtCode(lab.signIn())).toBe('ERR_UPSTREAM_BAD_RESPONSE')
    expect(await lab.store.read()).toBeUndefined()
  })

  it.each([
    ['without an ID token', { id_token: undefined }],
    ['without a scope', { scope: undefined }],
    ['without an end', { expires_in: 0 }],
  ])('%s leaves no session behind that nobody has', async (_name, more) => {
    const lab = siwcLab()
    const fetch = answering(lab.emulator.fetch, (answer) => ({ ...answer, ...more }))
    expect(await caughtCode(signInAs(lab.provider, { ...lab, fetch }))).toBe('ERR_UPSTREAM_BAD_RESPONSE')
    expect(lab.emulator.sessions).toMatchObject([{ state: 'revoked' }])
  })

  it('waits ten seconds for a session to be revoked that nobody has, and no longer', async () => {
    const deadline = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(deadline.signal)
    onTestFinished(() => timeout.mockRestore())
    const lab = siwcLab()
    lab.emulator.faults.add({ endpoint: 'jwks', status: 503 })
    lab.emulator.faults.add({ endpoint: 'revoke', delayMs: 60_000 })
    const code = caughtCode(lab.signIn())
    await vi.waitUntil(() => lab.clock.sleeping > 0, { interval: 1 })
    deadline.abort(new DOMException('The operation timed out.', 'TimeoutError'))
    expect(await code).toBe('ERR_UPSTREAM_UNAVAILABLE')
    expect(timeout).toHaveBeenCalledWith(10_000)
  })

  it('that the client is refused for says so, and deletes nothing', async () => {
    const lab = siwcLab()
    await lab.signIn()
    lab.emulator.faults.add({ endpoint: 'token', status: 401, times: 1, body: { error: 'invalid_client' } })
    expect(await caughtAuthError(lab.signIn())).toMatchObject({
      code: 'ERR_CONFIG_CLIENT',
      advice: expect.stringContaining('planpass login --new-registration'),
    })
    expect(await lab.store.read()).toMatchObject({ mode: 'siwc' })
  })
})
