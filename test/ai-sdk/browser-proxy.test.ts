import { afterEach, describe, expect, it, vi } from 'vitest'
import { findBrowserProxy } from '../../src/ai-sdk/browser-proxy.js'
import { openSession } from '../../src/ai-sdk/open-session.js'
import { caughtCode } from '../support/caught.js'
import { planLab, urlOf } from '../support/plan-lab.js'
import { untilDueMs } from '../support/signed-in.js'

const browser = { userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0' }
const at = (href: string) => ({ navigator: browser, location: { href } })
const page = at('https://app.example/chat?with=somebody#end')

describe('the proxy of a page', () => {
  it('lies at its own origin by default, or where the settings say', () => {
    expect(findBrowserProxy(undefined, page)).toBe('https://app.example/api/proxy/openai/codex')
    expect(findBrowserProxy('/proxy/', page)).toBe('https://app.example/proxy')
    expect(findBrowserProxy('https://other.example/proxy', page)).toBe('https://other.example/proxy')
    expect(findBrowserProxy(undefined, at('http://localhost:5173/'))).toBe(
      'http://localhost:5173/api/proxy/openai/codex',
    )
  })

  it('is none outside of browsers, in a file, and when it is turned off', () => {
    expect(findBrowserProxy('https://other.example/proxy')).toBeUndefined()
    expect(findBrowserProxy(undefined, at('file:///index.html'))).toBeUndefined()
    expect(findBrowserProxy(false, page)).toBeUndefined()
    expect(findBrowserProxy(undefined, { location: page.location })).toBeUndefined()
  })

  it.each(['Node.js/24', 'Deno/2.5.0', 'Bun/1.3.0', 'Cloudflare-Workers'])(
    'is none in %s, which may have an address',
    (userAgent) => {
      expect(findBrowserProxy(undefined, { navigator: { userAgent }, location: page.location })).toBeUndefined()
    },
  )

  it.each(['http://other.example/proxy', '/proxy?to=elsewhere', '//me:me@other.example/'])(
    'is refused at %s',
    async (setting) => {
      expect(await caughtCode(() => findBrowserProxy(setting, page))).toBe('ERR_CONFIG_URL')
    },
  )
})

describe('a session in a browser', () => {
  afterEach(() => void vi.unstubAllGlobals())

  async function inBrowser(browserProxyBaseUrl?: string | false) {
    vi.stubGlobal('navigator', browser)
    vi.stubGlobal('location', { href: 'http://localhost:3000/' })
    const lab = await planLab()
    const urls: string[] = []
    const fetch: typeof globalThis.fetch = async (input, init) => {
      urls.push(urlOf(input))
      if (urlOf(input).includes('/oauth/')) return lab.emulator.fetch(input, init)
      return Response.json({})
    }
    const session = openSession({ ...lab.place, fetch, tokens: lab.tokens, browserProxyBaseUrl })
    return { ...lab, session, urls }
  }

  it('sends what is for the backend to the proxy, and refreshes at the issuer', async () => {
    const { session, urls, emulator, clock } = await inBrowser()
    await clock.advance(untilDueMs)
    await session.fetch(`${emulator.backendUrl}/codex/responses`, { method: 'POST', body: '{}' })
    await session.fetch(new Request(`${emulator.backendUrl}/codex/models?client_version=1`))
    await session.fetch(`${emulator.backendUrl}/wham/usage`)
    expect(urls).toEqual([
      `${emulator.issuer}/oauth/token`,
      'http://localhost:3000/api/proxy/openai/codex/responses',
      'http://localhost:3000/api/proxy/openai/codex/models?client_version=1',
      'http://localhost:3000/api/proxy/openai/codex/usage',
    ])
  })

  it('sends nothing else there', async () => {
    const { session, urls, emulator } = await inBrowser('/proxy')
    await session.fetch(`${emulator.backendUrl}/codexes`)
    await session.fetch(`${emulator.backendUrl}/codex/../other`)
    expect(urls).toEqual([`${emulator.backendUrl}/codexes`, `${emulator.backendUrl}/codex/../other`])
  })

  it('asks the backend itself when told to', async () => {
    const { session, urls, emulator } = await inBrowser(false)
    await session.fetch(`${emulator.backendUrl}/codex/responses`)
    expect(urls).toEqual([`${emulator.backendUrl}/codex/responses`])
  })
})
