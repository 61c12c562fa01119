import { describe, expect, it } from 'vitest'
import { createOpenAIOAuthProxy } from '../../src/proxy/index.js'
import { caughtCode } from '../support/caught.js'
import { home, proxyLab, question, routes } from './proxy-lab.js'

const expectedUrl = {
  responses: 'https://chatgpt.emulator.test/backend-api/codex/responses',
  models: 'https://chatgpt.emulator.test/backend-api/codex/models?client_version=0.169.0',
  usage: 'https://chatgpt.emulator.test/backend-api/wham/usage',
}

const detours = [
  `${home}/api/proxy/openai/codex/https://evil.example/responses`,
  `${home}//evil.example/responses`,
  `${home}/api/proxy/openai/codex/..%2f..%2f..%2fwham%2faccounts`,
  `${home}/api/proxy/openai/codex/../../../wham/accounts/check`,
  `${home}/api/proxy/openai/codex/responses?url=https://evil.example&target=https://evil.example`,
  `${home}/responses@evil.example`,
  `${home}/api/proxy/openai/codex/responses/../../conversations`,
  `${home}/api/proxy/openai/codex/responses#https://evil.example`,
  'https://evil.example/responses',
]

describe.each(routes)('the route %s', (route) => {
  it.each(detours)('leads to its one address when it is asked for %s', async (url) => {
    const { ask, sent } = await proxyLab()
    expect((await ask(route, { url })).status).toBe(200)
    expect(sent.map((one) => one.url)).toEqual([expectedUrl[route]])
  })

  it('is led nowhere by headers', async () => {
    const { ask, sent } = await proxyLab()
    const headers = {
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
      'x-original-url': 'https://evil.example/',
      'x-http-method-override': 'DELETE',
      'openai-base-url': 'https://evil.example',
    }
    await ask(route, { headers })
    expect(sent.map(({ url }) => url)).toEqual([expectedUrl[route]])
  })

  it('passes on the headers of the conversation, signs, and leaves everything else behind', async () => {
    const { ask, sent, tokens } = await proxyLab()
    const headers = {
      cookie: 'session=secret',
      origin: home,
      referer: `${home}/chat`,
      'user-agent': 'Mozilla/5.0',
      originator: 'codex_cli_rs',
      'x-openai-fedramp': 'true',
      'openai-organization': 'org-1',
      'x-forwarded-for': '203.0.113.7',
      'proxy-authorization': 'Basic abc',
      'x-client-request-id': 'request-1',
      'session-id': 'conversation-1',
    }
    await ask(route, { headers })
    const { headers: went } = sent[0] ?? { headers: new Headers() }
    const own = route === 'responses' ? ['accept', 'content-type', 'thread-id'] : []
    const names = [
      'authorization',
      'chatgpt-account-id',
      'originator',
      'session-id',
      'user-agent',
      'x-client-request-id',
    ]
    expect([...went.keys()].toSorted()).toEqual([...names, ...own].toSorted())
    expect(went.get('authorization')).toBe(`Bearer ${tokens.accessToken}`)
    expect(went.get('originator')).toBe('planpass')
    expect(went.get('user-agent')).toMatch(/^planpass\//)
    expect(went.get('session-id')).toBe('conversation-1')
  })

  it('follows no redirect with a token', async () => {
    const upstream = () => new Response(null, { status: 302, headers: { location: 'https://evil.example/' } })
    const { ask, sent } = await proxyLab({ upstream })
    const response = await ask(route)
    expect(response.status).toBe(502)
    expect(response.headers.get('x-planpass-code')).toBe('ERR_UPSTREAM_REDIRECT')
    expect(response.headers.has('location')).toBe(false)
    expect(sent).toHaveLength(1)
  })

  it('brings back no cookie, no permission and no header that is not known', async () => {
    const headers = {
      'set-cookie': '__cf_bm=abc; Domain=chatgpt.com',
      'access-control-allow-origin': '*',
      'access-control-allow-credentials': 'true',
      'cache-control': 'public, max-age=3600',
      'content-security-policy': 'sandbox',
      'x-frame-options': 'DENY',
      'x-secret': 'internal',
      'x-request-id': 'req_1',
    }
    const text = 'data: {"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[]}}\n\n'
    const { ask } = await proxyLab({ upstream: () => new Response(route === 'responses' ? text : '{}', { headers }) })
    const response = await ask(route)
    expect([...response.headers.keys()].toSorted()).toEqual([
      'cache-control',
      'content-type',
      'x-content-type-options',
      // Which of our ways the answer came by.
      ...(route === 'responses' ? ['x-planpass-provider'] : []),
      'x-request-id',
    ])
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('shows a page of the network edge as data, never as a page of ours', async () => {
    const page = '<html><script>alert(1)</script></html>'
    const upstream = () => new Response(page, { status: 403, headers: { 'content-type': 'text/html' } })
    const { ask } = await proxyLab({ upstream })
    const response = await ask(route)
    expect(response.status).toBe(403)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  })

  it('says so when the backend cannot be reached', async () => {
    const upstream = () => Promise.reject(new TypeError('fetch failed'))
    const { ask } = await proxyLab({ upstream })
    const response = await ask(route)
    expect(response.status).toBe(502)
    expect(await response.json()).toMatchObject({ error: { code: 'ERR_NETWORK_UNREACHABLE' } })
  })

  it('ends what it asked for when the page leaves', async () => {
    const { ask, emulator } = await proxyLab()
    emulator.faults.add({ endpoint: route, delayMs: 60_000 })
    const controller = new AbortController()
    const asking = ask(route, { signal: controller.signal })
    controller.abort()
    await expect(asking).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('the version that a page names', () => {
  it('is passed on when it is one', async () => {
    const { ask, sent } = await proxyLab()
    await ask('models', { url: `${home}/models?client_version=0.170.1` })
    expect(sent[0]?.url).toMatch(/client_version=0\.170\.1$/)
  })

  it.each(['1&x=2', '1/../..', '', '1%0d%0ax:1', 'latest', '1'.repeat(40)])('is refused as %j', async (version) => {
    const { ask, sent } = await proxyLab()
    const url = `${home}/models?client_version=${encodeURIComponent(version)}`
    expect((await ask('models', { url })).status).toBe(400)
    expect(sent).toEqual([])
  })
})

describe('the settings of a proxy', () => {
  it.each([
    ['a backend without https', { baseURL: 'http://backend.example/codex' }, 'ERR_CONFIG_URL'],
    ['a backend with a query', { baseURL: 'https://backend.example/codex?to=elsewhere' }, 'ERR_CONFIG_URL'],
    ['a host that is not the backend', { baseURL: 'https://api.openai.com/v1' }, 'ERR_CONFIG_URL'],
    ['the name of another product', { originator: 'codex_cli_rs' }, 'ERR_CONFIG_CLIENT_NAME'],
    ['that answers are stored', { store: true }, 'ERR_UPSTREAM_UNSUPPORTED_FIELD'],
  ])('refuse %s', async (_, options, code) => {
    expect(await caughtCode(() => createOpenAIOAuthProxy(options))).toBe(code)
  })

  it('send a token to loopback only when its issuer is there', async () => {
    const upstream = () => Response.json({})
    const baseURL = 'http://127.0.0.1:9/backend-api/codex'
    const real = await proxyLab({ baseURL, upstream })
    expect((await real.ask('usage')).headers.get('x-planpass-code')).toBe('ERR_TOKEN_WRONG_ORIGIN')
    expect(real.sent).toEqual([])
    const emulated = await proxyLab({ baseURL, upstream, issuer: 'http://127.0.0.1:9' })
    expect((await emulated.ask('usage')).status).toBe(200)
  })

  it('name the program, or nobody', async () => {
    for (const originator of ['my-app', false] as const) {
      const { ask, sent } = await proxyLab({ originator })
      await ask('usage')
      expect(sent[0]?.headers.get('originator')).toBe(originator || null)
    }
  })

  it('give instructions to requests that bring none', async () => {
    const { ask, sent } = await proxyLab({ instructions: 'Be brief.' })
    await ask('responses')
    await ask('responses', { body: JSON.stringify({ ...question, instructions: 'Be kind.' }) })
    const instructions = sent.map(({ body }) => (JSON.parse(String(body)) as Record<string, unknown>)['instructions'])
    expect(instructions).toEqual(['Be brief.', 'Be kind.'])
  })
})
