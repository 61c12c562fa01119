import { describe, expect, it } from 'vitest'
import { createOpenAIOAuthProxy } from '../../src/proxy/index.js'
import { caughtCode } from '../support/caught.js'
import { home, methodOf, proxyLab, routes } from './proxy-lab.js'

const partner = 'https://partner.example'

/** What a page sends of itself, and whether it may ask when the partner is allowed. */
const origins: readonly (readonly [string, Record<string, string>, boolean])[] = [
  ['no page', {}, true],
  ['our own page', { origin: home }, true],
  [
    'our own page, behind a server that ends TLS',
    { origin: 'https://outside.example', 'sec-fetch-site': 'same-origin' },
    true,
  ],
  ['the partner', { origin: partner, 'sec-fetch-site': 'cross-site' }, true],
  ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, false],
  ['another port', { origin: `${home}:8443`, 'sec-fetch-site': 'same-site' }, false],
  ['another scheme', { origin: 'http://app.example' }, false],
  ['a subdomain', { origin: 'https://evil.app.example', 'sec-fetch-site': 'same-site' }, false],
  ['a look-alike', { origin: 'https://app.example.evil.example' }, false],
  ['a frame without an origin', { origin: 'null' }, false],
  ['an origin in capitals', { origin: 'HTTPS://PARTNER.EXAMPLE' }, false],
  ['an origin that is none', { origin: `${partner}, ${home}` }, false],
]

describe.each(routes)('the route %s', (route) => {
  it.each(origins)('is asked by %s', async (_, headers, isAllowed) => {
    const { ask, sent } = await proxyLab({ allowedOrigins: [partner] })
    const response = await ask(route, { headers })
    expect(response.status).toBe(isAllowed ? 200 : 403)
    expect(sent).toHaveLength(isAllowed ? 1 : 0)
    expect(response.headers.get('access-control-allow-origin')).toBe(headers['origin'] === partner ? partner : null)
    expect(response.headers.get('vary')).toBe('origin')
    expect(response.headers.has('access-control-allow-credentials')).toBe(false)
  })

  it('lets no other page ask, and shows none an answer, when nothing is said', async () => {
    const { ask, sent } = await proxyLab()
    for (const origin of [partner, 'null', 'http://localhost:3000']) {
      const response = await ask(route, { headers: { origin } })
      expect(response.status).toBe(403)
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
    expect(sent).toEqual([])
  })

  it('tells the browser of the partner, and of nobody else, what it may send', async () => {
    const { ask, sent } = await proxyLab({ allowedOrigins: [partner] })
    const preflight = (origin: string) =>
      ask(route, {
        method: 'OPTIONS',
        headers: { origin, authorization: undefined, 'access-control-request-method': methodOf(route) },
      })
    const allowed = await preflight(partner)
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get('access-control-allow-headers')).toContain('authorization')
    expect((await preflight('https://evil.example')).status).toBe(403)
    expect(sent).toEqual([])
  })

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'])(
    'takes no %s unless that is its method',
    async (method) => {
      const { ask, sent } = await proxyLab()
      const response = await ask(route, { method })
      const isItsMethod = method === methodOf(route)
      expect(response.status).toBe(isItsMethod ? 200 : 405)
      expect(response.headers.get('allow')).toBe(isItsMethod ? null : methodOf(route))
      expect(sent).toHaveLength(isItsMethod ? 1 : 0)
    },
  )

  it.each([
    ['no token', { authorization: undefined }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['a token of another scheme', { authorization: 'Basic abc' }],
    ['a token with a space', { authorization: 'Bearer one two' }],
    ['a token outside of ASCII', { authorization: 'Bearer tok\u00E9n' }],
    ['a token beyond measure', { authorization: `Bearer ${'a'.repeat(20_000)}` }],
    ['two tokens', { authorization: 'Bearer one, Bearer two' }],
    ['no account', { 'chatgpt-account-id': undefined }],
    ['an empty account', { 'chatgpt-account-id': ' ' }],
    ['two accounts', { 'chatgpt-account-id': 'one, two' }],
    ['an account with a tab', { 'chatgpt-account-id': 'one\ttwo' }],
    ['an account with a header in it', { 'chatgpt-account-id': 'one%0d%0ax-evil:1' }],
    ['an account beyond measure', { 'chatgpt-account-id': 'a'.repeat(300) }],
  ])('asks nobody for a request with %s', async (_, headers) => {
    const { ask, sent } = await proxyLab()
    const response = await ask(route, { headers })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: { type: 'authentication_error' } })
    expect(sent).toEqual([])
  })

  it('answers nothing that may be kept, and sets no cookie', async () => {
    const { ask } = await proxyLab({ allowedOrigins: [partner] })
    const changes = [
      {},
      { headers: { authorization: undefined } },
      { method: 'DELETE' },
      { headers: { origin: 'null' } },
    ]
    for (const change of changes) {
      const { headers } = await ask(route, change)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.has('set-cookie')).toBe(false)
    }
  })
})

describe('the origins of a proxy', () => {
  it.each(['*', 'https://app.example/', 'https://*.example', 'app.example', 'null', 'https://app.example/path', ''])(
    'cannot be %j',
    async (origin) => {
      expect(await caughtCode(() => createOpenAIOAuthProxy({ allowedOrigins: [origin] }))).toBe('ERR_CONFIG_URL')
    },
  )
})
