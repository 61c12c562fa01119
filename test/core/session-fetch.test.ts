import { Readable } from 'node:stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  createClientIdentity,
  createCodexProvider,
  createMemoryStore,
  Secret,
  type Provider,
} from '../../src/core/index.js'
import { caught, caughtAuthError, caughtCode } from '../support/caught.js'
import { credentialFrom, signedIn, untilExpiredMs } from '../support/signed-in.js'

/** Keeps every request on its way to the emulator. */
async function recorded(options: Parameters<typeof signedIn>[0] = {}) {
  const world = await signedIn(options)
  const requests: Request[] = []
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    requests.push(new Request(input instanceof Request ? input.clone() : input, init))
    return world.emulator.fetch(input, init)
  }
  const session = world.openSession({ fetch })
  const usage = `${world.emulator.backendUrl}/wham/usage`
  const responses = `${world.emulator.backendUrl}/codex/responses`
  return { ...world, requests, session, fetch, usage, responses }
}

const members = { model: 'gpt-5.5', instructions: 'Be brief.', input: [], tools: [], store: false, stream: true }
const question = JSON.stringify(members)

describe('a request of the session', () => {
  it('is signed with the token, the account and our name', async () => {
    const { session, requests, credential, usage } = await recorded()
    expect((await session.fetch(usage)).status).toBe(200)
    expect(Object.fromEntries(requests[0]?.headers ?? [])).toEqual({
      authorization: `Bearer ${credential.accessToken.reveal()}`,
      'chatgpt-account-id': credential.accountId,
      originator: 'planpass',
      'user-agent': createClientIdentity().userAgent,
    })
  })

  it('keeps what the caller set, but not under the names we sign with', async () => {
    const { session, requests, usage, credential } = await recorded()
    const headers = { accept: 'application/json', Authorization: 'Bearer theirs', Originator: 'codex_cli_rs' }
    await session.fetch(usage, { headers })
    expect(requests[0]?.headers.get('accept')).toBe('application/json')
    expect(requests[0]?.headers.get('authorization')).toBe(`Bearer ${credential.accessToken.reveal()}`)
    expect(requests[0]?.headers.get('originator')).toBe('planpass')
  })

  it('says so when the account is a government one, and leaves out an account that is not known', async () => {
    const { openSession, fetch, requests, credential, usage } = await recorded()
    const { accountId: _, ...rest } = credential
    const store = createMemoryStore({ ...rest, identity: { isFedramp: true } })
    await openSession({ fetch, store }).fetch(usage)
    expect(requests[0]?.headers.get('x-openai-fedramp')).toBe('true')
    expect(requests[0]?.headers.has('chatgpt-account-id')).toBe(false)
  })

  it('may be a Request, a URL or a text', async () => {
    const { session, requests, usage } = await recorded()
    for (const input of [usage, new URL(usage), new Request(usage, { headers: { 'x-mine': '1' } })])
      expect((await session.fetch(input)).status).toBe(200)
    expect(requests[2]?.headers.get('x-mine')).toBe('1')
  })

  it('may be a Request with a body', async () => {
    const { session, responses } = await recorded()
    const headers = { 'content-type': 'application/json' }
    const request = new Request(responses, { method: 'POST', body: question, headers })
    expect((await session.fetch(request)).status).toBe(200)
  })

  it('is refreshed first when the token is due', async () => {
    const { session, emulator, clock, usage } = await recorded()
    await clock.advance(untilExpiredMs)
    expect((await session.fetch(usage)).status).toBe(200)
    expect(emulator.counters.requests).toMatchObject({ token: 1, usage: 1 })
  })

  it('ends with the caller’s signal, whatever it waits for', async () => {
    const { session, emulator, clock, usage } = await recorded()
    emulator.faults.add({ endpoint: 'usage', delayMs: 1000 })
    const controller = new AbortController()
    const ended = caught(session.fetch(usage, { signal: controller.signal }))
    await vi.waitUntil(() => clock.sleeping > 0, { interval: 1 })
    controller.abort()
    expect(await ended).toBe(controller.signal.reason)
  })

  it('ends with the very reason that the caller gave, before and in the middle of the request', async () => {
    const { session, emulator, clock, usage } = await recorded()
    const reason = new Error('The person left the page.')
    expect(await caught(session.fetch(usage, { signal: AbortSignal.abort(reason) }))).toBe(reason)
    emulator.faults.add({ endpoint: 'usage', delayMs: 1000 })
    const controller = new AbortController()
    const requests = [usage, new Request(usage, { signal: controller.signal })]
    const ended = requests.map((request) => caught(session.fetch(request, { signal: controller.signal })))
    await vi.waitUntil(() => clock.sleeping === 2, { interval: 1 })
    controller.abort(reason)
    expect(await Promise.all(ended)).toEqual([reason, reason])
  })

  it('fails with an error that names the host when the network does', async () => {
    const { session, emulator, usage } = await recorded()
    emulator.faults.add({ endpoint: 'usage', drop: 'before' })
    const error = await caughtAuthError(session.fetch(usage))
    expect(error.code).toBe('ERR_NETWORK_UNREACHABLE')
    expect(error.message).toContain('chatgpt.emulator.test')
  })
})

describe('a token', () => {
  it.each([
    'https://api.openai.com/v1/responses',
    'http://chatgpt.emulator.test/backend-api/wham/usage',
    'https://chatgpt.emulator.test:8443/backend-api/wham/usage',
    'https://chatgpt.emulator.test.evil.example/backend-api/wham/usage',
    'https://evil-chatgpt.emulator.test/backend-api/wham/usage',
    'https://chatgpt.emulator.test@evil.example/',
    'https://user:pass@chatgpt.emulator.test/backend-api/wham/usage',
    'https://auth.emulator.test/oauth/token',
    'https://chatgpt.com/backend-api/wham/usage',
    'http://127.0.0.1:8080/',
    'file:///etc/passwd',
  ])('does not leave for %s', async (url) => {
    const { session, requests } = await recorded()
    for (const send of [session.fetch, session.readOnlyFetch]) {
      const error = await caughtAuthError(send(url))
      expect(error.code).toBe('ERR_TOKEN_WRONG_ORIGIN')
      expect(error.message).not.toContain('pass@')
    }
    expect(requests).toEqual([])
  })

  it('is not refreshed on behalf of a request that may not be sent', async () => {
    const { session, requests, clock } = await recorded()
    await clock.advance(untilExpiredMs)
    expect(await caughtCode(session.fetch('https://api.openai.com/v1/models'))).toBe('ERR_TOKEN_WRONG_ORIGIN')
    expect(requests).toEqual([])
  })

  it.each([301, 302, 303, 307, 308])('follows no redirect: %i', async (status) => {
    const { session, emulator, requests, responses } = await recorded()
    const headers = { location: 'https://evil.example/collect' }
    emulator.faults.add({ endpoint: 'responses', status, headers })
    const post = session.fetch(responses, { method: 'POST', body: question, redirect: 'follow' })
    expect(await caughtCode(post)).toBe('ERR_UPSTREAM_REDIRECT')
    expect(requests.map((request) => new URL(request.url).hostname)).toEqual(['chatgpt.emulator.test'])
  })

  it('does not hold on to the answer that wanted to redirect it', async () => {
    const { openSession, usage } = await recorded()
    const cancel = vi.fn<() => void>()
    const fetch = async () => new Response(new ReadableStream({ cancel }), { status: 307, headers: { location: '/' } })
    expect(await caughtCode(openSession({ fetch }).fetch(usage))).toBe('ERR_UPSTREAM_REDIRECT')
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('is for no backend without https, however the provider was made', async () => {
    const { openSession, provider } = await recorded()
    const insecure: Provider = { ...provider, backendUrl: 'http://chatgpt.example/backend-api' }
    expect(await caughtCode(() => openSession({ provider: insecure }))).toBe('ERR_CONFIG_URL')
  })

  it('of a test issuer on loopback is not for the real backend, nor a real one for loopback', async () => {
    const { emulator, openSession, fetch, requests, credential } = await recorded()
    const loopback = 'http://127.0.0.1:1455'
    const stored = { ...credential, provenance: { issuer: loopback, clientId: 'app' } }
    const real: Provider = createCodexProvider({ issuer: loopback })
    const local: Provider = createCodexProvider({ backendUrl: loopback })
    const sessions = [
      openSession({ fetch, provider: real, store: createMemoryStore(stored) }),
      openSession({ fetch, provider: local, store: createMemoryStore(await credentialFrom(emulator)) }),
    ]
    for (const session of sessions) {
      const sent = session.fetch(`${session.provider.backendUrl}/wham/usage`)
      expect(await caughtCode(sent)).toBe('ERR_TOKEN_WRONG_ORIGIN')
    }
    expect(requests).toEqual([])
  })

  it('that cannot stand in a header is not quoted by the error', async () => {
    const { openSession, fetch, credential, usage } = await recorded()
    const broken = { ...credential, accessToken: new Secret('first-line\nsecond-line') }
    const error = await caughtAuthError(openSession({ fetch, store: createMemoryStore(broken) }).fetch(usage))
    expect(error.code).toBe('ERR_STORE_CORRUPT')
    expect(`${error.stack} ${String(error.cause)}`).not.toContain('first-line')
  })
})

describe('a 401', () => {
  it('is answered by exactly one refresh and one replay', async () => {
    const { session, emulator, usage, requests } = await recorded()
    emulator.expireAccessTokens()
    expect((await session.fetch(usage)).status).toBe(200)
    expect(emulator.counters.requests).toMatchObject({ token: 1, usage: 2 })
    expect(emulator.log.map(({ refreshReason }) => refreshReason)).toContain('unauthorized_recovery')
    expect(requests.map(({ url }) => new URL(url).pathname)).toEqual([
      '/backend-api/wham/usage',
      '/oauth/token',
      '/backend-api/wham/usage',
    ])
  })

  it('that comes again is returned as it is', async () => {
    const { session, emulator, usage } = await recorded()
    emulator.faults.add({ endpoint: 'usage', status: 401, body: { error: { code: 'token_expired' } } })
    const response = await session.fetch(usage)
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({ error: { code: 'token_expired' } })
    expect(emulator.counters.requests).toMatchObject({ token: 1, usage: 2 })
  })

  it('of many requests at once costs one refresh', async () => {
    const { session, emulator, usage } = await recorded()
    await session.accessToken()
    emulator.expireAccessTokens()
    const answers = await Promise.all(Array.from({ length: 20 }, () => session.fetch(usage)))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
    expect(emulator.counters.requests.token).toBe(1)
  })

  it('is answered by the newer token of a sibling, without a refresh', async () => {
    const { session, openSession, emulator, usage } = await recorded()
    await session.accessToken()
    emulator.expireAccessTokens()
    await openSession().refresh()
    emulator.clearLog()
    expect((await session.fetch(usage)).status).toBe(200)
    expect(emulator.counters.requests).toMatchObject({ token: 0, usage: 2 })
  })

  it('is told with the reason when the refresh fails', async () => {
    const { session, emulator, usage } = await recorded()
    emulator.expireAccessTokens()
    emulator.expireRefreshTokens()
    expect(await caughtCode(session.fetch(usage))).toBe('ERR_TOKEN_REFRESH_EXPIRED')
  })

  it.each([
    ['text', () => question],
    ['bytes', () => new TextEncoder().encode(question)],
    ['a blob', () => new Blob([question])],
  ])('sends a body of %s again, whole', async (_, body) => {
    const { session, emulator, responses, requests } = await recorded()
    emulator.expireAccessTokens()
    const headers = { 'content-type': 'application/json' }
    const response = await session.fetch(responses, { method: 'POST', body: body(), headers })
    expect(response.status).toBe(200)
    expect(await requests.at(-1)?.text()).toBe(question)
  })

  it.each([
    ['a stream', () => new Blob([question]).stream()],
    ['a Node stream', () => Readable.from([Buffer.from(question)])],
    [
      'an async generator',
      async function* () {
        yield Buffer.from(question)
      },
    ],
  ])('does not replay %s, which is spent', async (_, body) => {
    const { openSession, emulator, responses } = await recorded()
    emulator.expireAccessTokens()
    const init = { method: 'POST', body: body() as unknown as ReadableStream, duplex: 'half' as const }
    expect((await openSession().fetch(responses, init)).status).toBe(401)
    expect(emulator.counters.requests).toMatchObject({ token: 0, responses: 1 })
  })

  it('does not replay a Request with a body, but one without', async () => {
    const { session, emulator, responses, usage } = await recorded()
    emulator.expireAccessTokens()
    const post = new Request(responses, { method: 'POST', body: question })
    expect((await session.fetch(post)).status).toBe(401)
    expect((await session.fetch(new Request(usage))).status).toBe(200)
  })

  it('leaves no answer unread', async () => {
    const { openSession, emulator, usage } = await recorded()
    emulator.expireAccessTokens()
    emulator.faults.add({ endpoint: 'token', status: 500 })
    const cancel = vi.fn<() => void>()
    const fetch = async (input: string | URL | Request, init?: RequestInit) => {
      const response = await emulator.fetch(input, init)
      return response.status === 401 ? new Response(new ReadableStream({ cancel }), { status: 401 }) : response
    }
    await caught(openSession({ fetch }).fetch(usage))
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('is recovered from, too, when the fetch keeps a clone of each answer', async () => {
    const { openSession, emulator, usage } = await recorded()
    emulator.expireAccessTokens()
    const clones: Response[] = []
    const fetch = async (input: string | URL | Request, init?: RequestInit) => {
      const response = await emulator.fetch(input, init)
      clones.push(response.clone())
      return response
    }
    const session = openSession({ fetch })
    expect((await session.fetch(usage)).status).toBe(200)
    emulator.faults.add({ endpoint: 'revoke', body: 'ok' })
    expect(await session.signOut()).toEqual({ removed: true, revocation: 'revoked' })
  })

  it('lets a caller go who waits for the refresh', async () => {
    const { session, emulator, usage, clock } = await recorded()
    emulator.expireAccessTokens()
    emulator.faults.add({ endpoint: 'token', delayMs: 1000 })
    const controller = new AbortController()
    const leaving = caught(session.fetch(usage, { signal: controller.signal }))
    await vi.waitUntil(() => clock.sleeping > 0, { interval: 1 })
    controller.abort()
    expect(await leaving).toBe(controller.signal.reason)
  })
})

describe('readOnlyFetch', () => {
  it('never refreshes: not before its request, and not after a 401', async () => {
    const { session, emulator, usage, clock } = await recorded()
    emulator.expireAccessTokens()
    expect((await session.readOnlyFetch(usage)).status).toBe(401)
    await clock.advance(untilExpiredMs)
    expect(await caughtCode(session.readOnlyFetch(usage))).toBe('ERR_TOKEN_EXPIRED')
    expect(emulator.counters.requests).toMatchObject({ token: 0, usage: 1 })
  })

  it('lets a caller go who waits for the store', async () => {
    const { openSession, store, usage } = await recorded()
    const session = openSession({ store: { ...store, read: () => new Promise(() => {}) } })
    const controller = new AbortController()
    const leaving = caught(session.readOnlyFetch(usage, { signal: controller.signal }))
    controller.abort()
    expect(await leaving).toBe(controller.signal.reason)
  })

  it('uses the newer token that somebody else has stored', async () => {
    const { session, openSession, emulator, usage } = await recorded()
    await session.accessToken()
    emulator.expireAccessTokens()
    await openSession().refresh()
    expect((await session.readOnlyFetch(usage)).status).toBe(200)
  })
})

describe('an API key in the environment', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('is never used in place of the plan, whatever fails', async () => {
    for (const name of ['OPENAI_API_KEY', 'CODEX_API_KEY', 'CODEX_ACCESS_TOKEN']) vi.stubEnv(name, 'sk-poisoned-key')
    const { session, openSession, emulator, fetch, usage, requests, clock } = await recorded()
    await session.fetch(usage)
    emulator.expireRefreshTokens()
    await clock.advance(untilExpiredMs)
    await caught(session.fetch(usage))
    await caught(openSession({ fetch, store: createMemoryStore() }).fetch(usage))
    await caught(openSession({ fetch, store: createMemoryStore({ mode: 'apikey' }) }).fetch(usage))
    const sent = await Promise.all(
      requests.map(async (request) => `${JSON.stringify([...request.headers])} ${await request.text()}`),
    )
    expect(sent.join('\n')).not.toContain('sk-poisoned-key')
  })
})
