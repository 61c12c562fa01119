import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/core/index.js'
import { readUsage } from '../../src/backend/index.js'
import {
  createPersonalAccessTokenSession,
  isPersonalAccessToken,
  processWhoamiResponse,
} from '../../src/sources/index.js'
import { createEmulator } from '../../src/testing/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { htmlResponse } from '../support/responses.js'
import { providerOf } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'

async function withToken(text?: string) {
  const emulator = createEmulator({ signingKey })
  const requests: Request[] = []
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    requests.push(new Request(input, init))
    return emulator.fetch(input, init)
  }
  const token = new Secret(text ?? emulator.issuePersonalAccessToken())
  const session = createPersonalAccessTokenSession({ token, provider: providerOf(emulator), fetch })
  const usage = `${emulator.backendUrl}/wham/usage`
  return { emulator, requests, token, session, usage }
}

describe('a personal access token', () => {
  it('is known by its prefix, and anything else is refused at once', async () => {
    expect(isPersonalAccessToken('at-123')).toBe(true)
    expect(isPersonalAccessToken('sk-123')).toBe(false)
    expect(await caughtCode(withToken('sk-proj-123'))).toBe('ERR_TOKEN_UNSUPPORTED_MODE')
  })

  it('is asked whose it is once, and signs with that account', async () => {
    const { session, emulator, requests, token, usage } = await withToken()
    expect((await session.fetch(usage)).status).toBe(200)
    expect((await session.fetch(usage)).status).toBe(200)
    expect(emulator.counters.requests).toMatchObject({ whoami: 1, usage: 2 })
    expect(Object.fromEntries(requests[0]?.headers ?? [])).toMatchObject({
      authorization: `Bearer ${token.reveal()}`,
      originator: 'planpass',
    })
    expect(requests[1]?.headers.get('chatgpt-account-id')).toBe('account-emulated-1')
  })

  it('has a mode of its own', async () => {
    const { session } = await withToken()
    expect(await session.status()).toEqual({
      state: 'valid',
      signedIn: true,
      mode: 'personalAccessToken',
      email: 'ada@example.test',
      planType: 'plus',
      accountId: 'account-emulated-1',
      userId: (await session.owner()).userId,
    })
    expect(await session.owner()).toMatchObject({ userId: expect.any(String), isFedramp: false })
  })

  it('reads from the backend', async () => {
    const { session } = await withToken()
    expect(await readUsage(session)).toMatchObject({ planType: 'plus' })
  })

  it('says so when the account is a government one', async () => {
    const emulator = createEmulator({ signingKey })
    const seen: Headers[] = []
    const fetch = async (input: string | URL | Request, init?: RequestInit) => {
      const request = new Request(input, init)
      seen.push(request.headers)
      return request.url.endsWith('/whoami') ? whoami({ chatgpt_account_is_fedramp: true }) : new Response('{}')
    }
    const provider = providerOf(emulator)
    const session = createPersonalAccessTokenSession({ token: new Secret('at-1'), provider, fetch })
    await session.fetch(`${emulator.backendUrl}/wham/usage`)
    expect(seen[1]?.get('x-openai-fedramp')).toBe('true')
  })

  it('takes a 401 as final: nothing is refreshed and nothing sent twice', async () => {
    const { session, emulator, usage } = await withToken()
    await session.tokens()
    emulator.faults.add({ endpoint: 'usage', status: 401, body: { error: { code: 'token_expired' } } })
    expect((await session.fetch(usage)).status).toBe(401)
    expect(emulator.counters.requests).toMatchObject({ whoami: 1, usage: 1, token: 0 })
  })

  it('is refused before a request when nobody knows it, and asked for again the next time', async () => {
    const { session, requests, usage } = await withToken('at-nobody-knows-this-one')
    const error = await caughtAuthError(session.fetch(usage))
    expect(error).toMatchObject({ code: 'ERR_UPSTREAM_UNAUTHORIZED', remedy: 'sign-in' })
    expect(error.message).not.toContain('at-nobody-knows-this-one')
    expect(await caughtCode(session.fetch(usage))).toBe('ERR_UPSTREAM_UNAUTHORIZED')
    expect(requests.map(({ url }) => new URL(url).pathname)).toEqual([
      '/api/accounts/v1/user-auth-credential/whoami',
      '/api/accounts/v1/user-auth-credential/whoami',
    ])
  })
})

describe('an answer to whose a token is', () => {
  it('may leave out the e-mail alone', async () => {
    expect(await processWhoamiResponse(whoami({ email: null }))).toEqual({
      userId: 'user-1',
      accountId: 'account-1',
      planType: 'team',
      isFedramp: false,
    })
    for (const name of ['chatgpt_user_id', 'chatgpt_account_id', 'chatgpt_plan_type', 'chatgpt_account_is_fedramp']) {
      expect(await caughtCode(processWhoamiResponse(whoami({ [name]: undefined })))).toBe('ERR_UPSTREAM_BAD_RESPONSE')
    }
  })

  it.each([
    ['a refusal', new Response('{"error":{"code":"invalid"}}', { status: 401 }), 'ERR_UPSTREAM_UNAUTHORIZED'],
    ['an outage', new Response('', { status: 503 }), 'ERR_UPSTREAM_UNAVAILABLE'],
    ['a redirect', new Response('', { status: 302 }), 'ERR_UPSTREAM_UNAVAILABLE'],
    ['a page of the edge', htmlResponse(403), 'ERR_UPSTREAM_EDGE_BLOCKED'],
    ['no JSON', new Response('hello'), 'ERR_UPSTREAM_BAD_RESPONSE'],
  ])('is told from %s', async (_what, response, code) => {
    expect(await caughtCode(processWhoamiResponse(response))).toBe(code)
  })
})

function whoami(more: Record<string, unknown>): Response {
  return Response.json({
    email: 'ada@example.test',
    chatgpt_user_id: 'user-1',
    chatgpt_account_id: 'account-1',
    chatgpt_plan_type: 'team',
    chatgpt_account_is_fedramp: false,
    ...more,
  })
}
