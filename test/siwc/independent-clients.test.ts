import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEmulator, type Emulator, type EmulatorListener } from '../../src/testing/index.js'
import { signingKey } from '../support/signing-key.js'

const redirectUri = 'http://127.0.0.1:54321/auth/callback'
const resource = 'https://api.openai.com/v1'
const scope = 'openid profile email offline_access resource.invoke chatgpt.tokens.use.direct'

let emulator: Emulator
let listener: EmulatorListener

beforeAll(async () => {
  emulator = createEmulator({ signingKey, autoApprove: true, advertises: 'siwc' })
  listener = await emulator.listen()
})
afterAll(() => listener.close())

const documented = { scope, resource, redirect_uri: redirectUri, response_type: 'code' }
const newRegistration = { agent_name_hint: 'Quill', ext_agent_host_id: 'urn:uuid:7d3c5b1e-8a1f-4a57-9f0e-1d2b3c4d5e6f' }

/** The browser's part: the page says yes by itself. */
async function visit(url: URL): Promise<URL> {
  const response = await fetch(url, { redirect: 'manual' })
  return new URL(response.headers.get('location') ?? `none:${response.status}`)
}

/** Clients that know nothing of us, held to the letter of the specifications, find nothing to object to. */
describe('oauth4webapi', () => {
  const bootstrap: oauth.Client = { client_id: 'dynamic_agent_client' }
  const http = { [oauth.allowInsecureRequests]: true }
  const none = oauth.None()

  async function signIn() {
    const issuer = new URL(listener.issuer)
    const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, http))
    const verifier = oauth.generateRandomCodeVerifier()
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
    const url = new URL(server.authorization_endpoint ?? '')
    url.search = new URLSearchParams({
      ...documented,
      ...newRegistration,
      client_id: bootstrap.client_id,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).toString()
    const callback = await visit(url)
    const client: oauth.Client = { client_id: callback.searchParams.get('client_id') ?? '' }
    const parameters = oauth.validateAuthResponse(server, client, callback, state)
    const more = { ...http, additionalParameters: { resource } }
    const redeem = (as: oauth.Client, proof = verifier) =>
      oauth.authorizationCodeGrantRequest(server, as, none, parameters, redirectUri, proof, more)
    return { server, client, nonce, redeem, more }
  }

  it('registers, signs in, refreshes and revokes', async () => {
    const { server, client, nonce, redeem, more } = await signIn()
    const response = await redeem(client)
    const expected = { expectedNonce: nonce, requireIdToken: true }
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, expected)
    await oauth.validateApplicationLevelSignature(server, response, http)
    expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ aud: [client.client_id], sub: 'user-emulated-1' })
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope })

    const refreshToken = tokens.refresh_token ?? ''
    const refresh = () => oauth.refreshTokenGrantRequest(server, client, none, refreshToken, more)
    const renewed = await oauth.processRefreshTokenResponse(server, client, await refresh())
    expect(renewed.refresh_token).not.toBe(refreshToken)
    const revocation = await oauth.revocationRequest(server, client, none, renewed.refresh_token ?? '', http)
    expect(await oauth.processRevocationResponse(revocation)).toBeUndefined()
    await expect(
      refresh().then((late) => oauth.processRefreshTokenResponse(server, client, late)),
    ).rejects.toMatchObject({ error: 'refresh_token_invalidated' })
  })

  it('is told that the client it began with cannot exchange', async () => {
    const { server, redeem } = await signIn()
    const response = await redeem(bootstrap)
    await expect(oauth.processAuthorizationCodeResponse(server, bootstrap, response)).rejects.toMatchObject({
      error: 'invalid_client',
    })
  })

  it('is told that a code is good once', async () => {
    const { server, client, nonce, redeem } = await signIn()
    const expected = { expectedNonce: nonce }
    await oauth.processAuthorizationCodeResponse(server, client, await redeem(client), expected)
    await expect(
      oauth.processAuthorizationCodeResponse(server, client, await redeem(client), expected),
    ).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('is told what has become of a refresh token: reused, expired, ended, or of nobody', async () => {
    const errorOf = async (refreshToken: string, { server, client, more }: Awaited<ReturnType<typeof signIn>>) => {
      const response = await oauth.refreshTokenGrantRequest(server, client, none, refreshToken, more)
      return oauth.processRefreshTokenResponse(server, client, response).then(
        () => 'none',
        (error: unknown) => Reflect.get(Object(error), 'error'),
      )
    }
    const [first, second] = [await signIn(), await signIn()]
    const refreshTokenOf = async ({ server, client, nonce, redeem }: typeof first) => {
      const options = { expectedNonce: nonce }
      const tokens = await oauth.processAuthorizationCodeResponse(server, client, await redeem(client), options)
      return tokens.refresh_token ?? ''
    }
    const [reused, expired] = [await refreshTokenOf(first), await refreshTokenOf(second)]
    expect(await errorOf('rt_of_nobody', first)).toBe('invalid_grant')
    expect(await errorOf(expired, first)).toBe('invalid_grant')
    expect(await errorOf(reused, first)).toBe('none')
    expect(await errorOf(reused, first)).toBe('refresh_token_reused')
    expect(await errorOf(reused, first)).toBe('refresh_token_invalidated')
    emulator.expireRefreshTokens()
    expect(await errorOf(expired, second)).toBe('refresh_token_expired')
  })

  it('is told that the person declined', async () => {
    const { server } = await signIn()
    const url = new URL(server.authorization_endpoint ?? '')
    const whole = { ...documented, ...newRegistration, client_id: bootstrap.client_id, state: 's', nonce: 'n' }
    url.search = new URLSearchParams({ ...whole, code_challenge: 'c', code_challenge_method: 'S256' }).toString()
    const body = new URLSearchParams({ decision: 'deny' })
    const response = await fetch(url, { method: 'POST', body, redirect: 'manual' })
    const callback = new URL(response.headers.get('location') ?? 'none:')
    expect(() => oauth.validateAuthResponse(server, bootstrap, callback, 's')).toThrow(
      expect.objectContaining({ error: 'access_denied' }),
    )
  })

  it('is told that a resource is not the one of plans, and that a code wants its verifier', async () => {
    const { server, client, nonce, redeem } = await signIn()
    const bare = await oauth.refreshTokenGrantRequest(server, client, none, 'rt', http)
    await expect(oauth.processRefreshTokenResponse(server, client, bare)).rejects.toMatchObject({
      error: 'invalid_target',
    })
    const response = await redeem(client, oauth.generateRandomCodeVerifier())
    await expect(
      oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce }),
    ).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it.each(['token_expired', 'invalid_refresh_token'])('is told %s as an OAuth error', async (error) => {
    const { server, client, more } = await signIn()
    const fault = emulator.faults.add({ endpoint: 'token', status: 400, body: { error }, times: 1 })
    const response = await oauth.refreshTokenGrantRequest(server, client, none, 'rt', more)
    await expect(oauth.processRefreshTokenResponse(server, client, response)).rejects.toMatchObject({ error })
    expect(fault.hits).toBe(1)
  })

  it.each(['scope', 'resource', 'nonce', 'ext_agent_host_id', 'agent_name_hint', 'code_challenge'])(
    'is told when its request lacks %s',
    async (name) => {
      const url = new URL(`${listener.issuer}/api/accounts/authorize`)
      const whole = { ...documented, ...newRegistration, client_id: bootstrap.client_id, state: 's', nonce: 'n' }
      url.search = new URLSearchParams({ ...whole, code_challenge: 'c', code_challenge_method: 'S256' }).toString()
      url.searchParams.delete(name)
      const server = { issuer: listener.issuer }
      const callback = await visit(url)
      expect(() => oauth.validateAuthResponse(server, bootstrap, callback, 's')).toThrow(
        expect.objectContaining({ error: 'invalid_request' }),
      )
    },
  )
})

describe('openid-client', () => {
  const insecure = { execute: [openid.allowInsecureRequests] }
  const discover = (clientId: string) =>
    openid.discovery(new URL(listener.issuer), clientId, undefined, openid.None(), insecure)

  it('registers, signs in, refreshes and revokes', async () => {
    const verifier = openid.randomPKCECodeVerifier()
    const [state, nonce] = [openid.randomState(), openid.randomNonce()]
    const url = openid.buildAuthorizationUrl(await discover('dynamic_agent_client'), {
      ...documented,
      ...newRegistration,
      state,
      nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const callback = await visit(url)
    const client = await discover(callback.searchParams.get('client_id') ?? '')
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }
    const tokens = await openid.authorizationCodeGrant(client, callback, checks, { resource })
    expect(tokens.claims()).toMatchObject({ email: 'ada@example.test', sub: 'user-emulated-1' })
    const renewed = await openid.refreshTokenGrant(client, tokens.refresh_token ?? '', { resource })
    await openid.tokenRevocation(client, renewed.refresh_token ?? '')
    await expect(openid.refreshTokenGrant(client, renewed.refresh_token ?? '', { resource })).rejects.toMatchObject({
      error: 'refresh_token_invalidated',
    })
  })
})
