import { describe, expect, it } from 'vitest'
import { codexProvider, createClientIdentity, Secret } from '../../../src/core/index.js'
import {
  authorizationCodeRequest,
  authorizeUrl,
  processAuthorizationCodeResponse,
  processRevocationResponse,
  revocationRequest,
} from '../../../src/core/oauth.js'
import { caughtAuthError, caughtCode } from '../../support/caught.js'
import { idToken } from '../../support/jwt.js'
import { cutResponse } from '../../support/responses.js'

/** Keeps what is sent, and answers with nothing. */
function recorder() {
  const requests: Request[] = []
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    requests.push(new Request(input, init))
    return new Response('{}')
  }
  return { requests, transport: { fetch, identity: createClientIdentity() } }
}

it('sends the person to the authorize endpoint with the parameters of Codex, in its order, and our name', () => {
  const url = authorizeUrl(codexProvider, {
    redirectUri: 'http://127.0.0.1:1455/auth/callback',
    challenge: 'challenge-1',
    state: 'state-1',
    originator: 'planpass',
    allowedWorkspaceIds: ['a', 'b'],
  })
  expect(url.origin + url.pathname).toBe('https://auth.openai.com/oauth/authorize')
  expect([...url.searchParams]).toEqual([
    ['response_type', 'code'],
    ['client_id', 'app_EMoamEEZ73f0CkXaXp7hrann'],
    ['redirect_uri', 'http://127.0.0.1:1455/auth/callback'],
    ['code_challenge', 'challenge-1'],
    ['code_challenge_method', 'S256'],
    ['state', 'state-1'],
    ['scope', 'openid profile email offline_access api.connectors.read api.connectors.invoke'],
    ['id_token_add_organizations', 'true'],
    ['codex_cli_simplified_flow', 'true'],
    ['originator', 'planpass'],
    ['allowed_workspace_id', 'a,b'],
  ])
})

it('exchanges a code as a form, with the code and the redirect URI as they were given', async () => {
  const { requests, transport } = recorder()
  const grant = { code: new Secret('abc+1'), verifier: new Secret('verifier'), redirectUri: 'http://127.0.0.1:1/cb' }
  await authorizationCodeRequest(codexProvider, grant, transport)
  expect(requests[0]?.headers.get('content-type')).toBe('application/x-www-form-urlencoded')
  expect(await requests[0]?.text()).toBe(
    'grant_type=authorization_code&client_id=app_EMoamEEZ73f0CkXaXp7hrann&code=abc%2B1&' +
      'redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcb&code_verifier=verifier',
  )
})

describe('the answer to a code', () => {
  const whole = { id_token: idToken(), access_token: 'access', refresh_token: 'refresh' }
  const answer = (status: number, body: unknown) =>
    processAuthorizationCodeResponse(new Response(JSON.stringify(body), { status }))

  it('carries all three tokens', async () => {
    const tokens = await answer(200, whole)
    expect(Object.values(tokens).map((token) => token.reveal())).toEqual([whole.id_token, 'access', 'refresh'])
  })

  it.each(['id_token', 'access_token', 'refresh_token'])('is wrong without `%s`', async (member) => {
    expect(await caughtCode(answer(200, { ...whole, [member]: undefined }))).toBe('ERR_UPSTREAM_BAD_RESPONSE')
  })

  it('says in the server’s words why it was refused', async () => {
    const error = await caughtAuthError(answer(400, { error: 'invalid_grant', error_description: 'The code is old.' }))
    expect(error.code).toBe('ERR_SIGN_IN_FAILED')
    expect(error.message).toContain('The code is old.')
  })

  it('is a network failure when it breaks off', async () => {
    for (const status of [200, 400]) {
      const broken = processAuthorizationCodeResponse(cutResponse('{', { status }))
      expect(await caughtCode(broken)).toBe('ERR_NETWORK_UNREACHABLE')
    }
  })
})

describe('a revocation', () => {
  it.each([
    ['refresh_token', '{"token":"t","token_type_hint":"refresh_token","client_id":"app"}'],
    ['access_token', '{"token":"t","token_type_hint":"access_token"}'],
  ] as const)('of a %s is the JSON that Codex sends', async (kind, body) => {
    const { requests, transport } = recorder()
    await revocationRequest({ issuer: 'https://a.test/', clientId: 'app', token: new Secret('t'), kind }, transport)
    expect(requests[0]?.url).toBe('https://a.test/oauth/revoke')
    expect(await requests[0]?.text()).toBe(body)
  })

  it.each([200, 204])('succeeds with %i', async (status) => {
    await expect(processRevocationResponse(new Response(null, { status }))).resolves.toBeUndefined()
  })

  it.each([
    ['an error of the server', new Response('', { status: 500 }), 'ERR_UPSTREAM_UNAVAILABLE'],
    ['an answer that breaks off', cutResponse('{', { status: 500 }), 'ERR_NETWORK_UNREACHABLE'],
  ])('fails with %s', async (_, response, code) => {
    expect(await caughtCode(processRevocationResponse(response))).toBe(code)
  })
})
