import * as oauth from 'oauth4webapi'
import { Agent, fetch as undiciFetch } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEmulator, type Emulator, type EmulatorListener } from '../../src/testing/index.js'
import { signingKey } from '../support/signing-key.js'

const client: oauth.Client = { client_id: 'app_EMoamEEZ73f0CkXaXp7hrann' }
const redirectUri = 'http://127.0.0.1:1455/auth/callback'
const scope = 'openid profile email offline_access'
const publicClient = oauth.None()

type Fetch = (url: string, init: object) => Promise<Response>
type HttpOptions = { [oauth.customFetch]: Fetch; [oauth.allowInsecureRequests]: boolean }

/** An OAuth client that knows nothing of us, held to the letter of the specifications, finds nothing to object to. */
describe.each(['http', 'https'] as const)('oauth4webapi over %s', (scheme) => {
  let emulator: Emulator
  let listener: EmulatorListener
  let issuer: URL
  let dispatcher: Agent
  let options: HttpOptions

  beforeAll(async () => {
    emulator = createEmulator({ autoApprove: true, signingKey })
    listener = await emulator.listen({ tls: scheme === 'https' })
    issuer = new URL(listener.tls?.issuer ?? listener.issuer)
    dispatcher = new Agent(listener.tls === undefined ? {} : { connect: { ca: listener.tls.caPem } })
    const customFetch = (url: string, init: object) => undiciFetch(url, { ...init, dispatcher })
    options = {
      [oauth.customFetch]: customFetch,
      [oauth.allowInsecureRequests]: scheme === 'http',
    }
  })
  afterAll(async () => {
    await dispatcher.close()
    await listener.close()
  })

  async function discover(algorithm: 'oidc' | 'oauth2' = 'oidc'): Promise<oauth.AuthorizationServer> {
    return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...options, algorithm }))
  }

  /** The browser's part: the consent page says yes by itself. */
  async function visit(url: URL): Promise<URL> {
    const response = await undiciFetch(url, { redirect: 'manual', dispatcher })
    return new URL(response.headers.get('location') ?? `none:${response.status}`)
  }

  async function authorize(as: oauth.AuthorizationServer, changes: Record<string, string> = {}) {
    const verifier = oauth.generateRandomCodeVerifier()
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
    const url = new URL(as.authorization_endpoint ?? '')
    url.search = new URLSearchParams({
      client_id: client.client_id,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...changes,
    }).toString()
    return { callback: await visit(url), state, nonce, verifier }
  }

  async function signIn(as: oauth.AuthorizationServer) {
    const { callback, state, nonce, verifier } = await authorize(as)
    const parameters = oauth.validateAuthResponse(as, client, callback, state)
    const redeem = () =>
      oauth.authorizationCodeGrantRequest(as, client, publicClient, parameters, redirectUri, verifier, options)
    const response = await redeem()
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    })
    await oauth.validateApplicationLevelSignature(as, response, options)
    return { tokens, redeem }
  }

  it('discovers the issuer, as OpenID Connect and as OAuth', async () => {
    expect(await discover()).toMatchObject({ issuer: issuer.origin, code_challenge_methods_supported: ['S256'] })
    expect(await discover('oauth2')).toMatchObject({ revocation_endpoint: `${issuer.origin}/oauth/revoke` })
  })

  it('signs in with a code and PKCE, and the ID token holds: signature, issuer, audience, nonce, times', async () => {
    const { tokens } = await signIn(await discover())
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope })
    expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({
      iss: issuer.origin,
      aud: [client.client_id],
      email: 'ada@example.test',
      'https://api.openai.com/auth': { chatgpt_account_id: 'account-emulated-1' },
    })
  })

  it('cannot redeem a code twice', async () => {
    const as = await discover()
    const { redeem } = await signIn(as)
    await expect(oauth.processAuthorizationCodeResponse(as, client, await redeem())).rejects.toMatchObject({
      code: oauth.RESPONSE_BODY_ERROR,
      error: 'invalid_grant',
    })
  })

  it('is told what was wrong with its authorization request', async () => {
    const as = await discover()
    const { callback, state } = await authorize(as, { code_challenge_method: 'plain' })
    expect(() => oauth.validateAuthResponse(as, client, callback, state)).toThrow(
      expect.objectContaining({ code: oauth.AUTHORIZATION_RESPONSE_ERROR, error: 'invalid_request' }),
    )
  })

  it('refreshes, and the refresh token is another one each time', async () => {
    const as = await discover()
    const { tokens } = await signIn(as)
    const first = tokens.refresh_token ?? ''
    const response = await oauth.refreshTokenGrantRequest(as, client, publicClient, first, options)
    const renewed = await oauth.processRefreshTokenResponse(as, client, response)
    await oauth.validateApplicationLevelSignature(as, response, options)
    expect(renewed.refresh_token).not.toBe(first)
    expect(renewed.access_token).not.toBe(tokens.access_token)
    expect(oauth.getValidatedIdTokenClaims(renewed)?.sub).toBe(oauth.getValidatedIdTokenClaims(tokens)?.sub)
  })

  it('revokes, after which the refresh token is refused', async () => {
    const as = await discover()
    const { tokens } = await signIn(as)
    const token = tokens.refresh_token ?? ''
    const hint = { ...options, additionalParameters: { token_type_hint: 'refresh_token' } }
    const answer = await oauth.revocationRequest(as, client, publicClient, token, hint)
    await expect(oauth.processRevocationResponse(answer)).resolves.toBeUndefined()
    const refused = await oauth.refreshTokenGrantRequest(as, client, publicClient, token, options)
    expect(refused.status).toBe(401)
    expect(await refused.json()).toMatchObject({ error: { code: 'refresh_token_invalidated' } })
  })

  it('redeems the code a device sign-in ends with', async () => {
    const as = await discover()
    const call = async (path: string, body: object) => {
      const response = await undiciFetch(new URL(path, issuer), {
        method: 'POST',
        dispatcher,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return (await response.json()) as Record<string, string>
    }
    const { device_auth_id: deviceAuthId, user_code: userCode = '' } = await call(
      '/api/accounts/deviceauth/usercode',
      client,
    )
    emulator.approve(userCode)
    const grant = await call('/api/accounts/deviceauth/token', { device_auth_id: deviceAuthId, user_code: userCode })

    // This flow has no callback; the client's own checks are given the one it would have been.
    const deviceRedirect = `${issuer.origin}/deviceauth/callback`
    const callback = new URL(`${deviceRedirect}?code=${grant['authorization_code']}`)
    const parameters = oauth.validateAuthResponse(as, client, callback)
    const verifier = grant['code_verifier'] ?? ''
    expect(await oauth.calculatePKCECodeChallenge(verifier)).toBe(grant['code_challenge'])
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      publicClient,
      parameters,
      deviceRedirect,
      verifier,
      options,
    )
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, { requireIdToken: true })
    expect(tokens.refresh_token).toBeTypeOf('string')
  })
})
