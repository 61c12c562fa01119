import { describe, expect, it, vi } from 'vitest'
import { createMemoryTokenStore, type OpenAIOAuthSettings, type OpenAIOAuthTokens } from '../../src/ai-sdk/index.js'
import { openSession } from '../../src/ai-sdk/open-session.js'
import { readUsage } from '../../src/backend/index.js'
import { AuthError } from '../../src/core/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { planLab, recordingStore, urlOf, type PlanLab } from '../support/plan-lab.js'
import { signedIn, untilDueMs, untilExpiredMs } from '../support/signed-in.js'

async function opened(settings: OpenAIOAuthSettings | ((lab: PlanLab) => OpenAIOAuthSettings) = {}) {
  const lab = await planLab()
  const own = typeof settings === 'function' ? settings(lab) : settings
  const session = openSession({ ...lab.place, ...own })
  const usageUrl = `${lab.emulator.backendUrl}/wham/usage`
  const ask = async (init?: RequestInit) => (await session.fetch(usageUrl, init)).status
  const asked = () => lab.emulator.log.filter(({ endpoint }) => endpoint === 'usage')
  return { ...lab, session, ask, asked }
}

describe('a session over the tokens of a host', () => {
  it('asks nobody before it is used', async () => {
    const load = vi.fn<() => Promise<undefined>>()
    const { emulator } = await opened({ tokenStore: { load, save: async () => {} } })
    expect(load).not.toHaveBeenCalled()
    expect(emulator.log).toEqual([])
  })

  it('signs with the token and the account', async () => {
    const { ask } = await opened(({ tokens }) => ({ tokens }))
    expect(await ask()).toBe(200)
  })

  it('refreshes once for fifty requests, stores what came, and tells of it afterwards', async () => {
    const heard: unknown[] = []
    const { ask, clock, tokenStore, emulator } = await (async () => {
      const lab = await planLab()
      const store = recordingStore(lab.tokens)
      const onTokens = (tokens: OpenAIOAuthTokens) => void heard.push({ tokens, savedBefore: store.saved.length })
      const session = openSession({ ...lab.place, tokenStore: store, onTokens })
      const url = `${lab.emulator.backendUrl}/wham/usage`
      return { ...lab, tokenStore: store, ask: async () => (await session.fetch(url)).status }
    })()
    await clock.advance(untilDueMs)
    const statuses = await Promise.all(Array.from({ length: 50 }, () => ask()))
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(emulator.counters.refresh.ok).toBe(1)
    expect(tokenStore.saved).toHaveLength(1)
    expect(tokenStore.saved[0]?.expiresAt).toBeGreaterThan(clock.now())
    expect(heard).toEqual([{ tokens: tokenStore.saved[0], savedBefore: 1 }])
  })

  it('recovers from a 401 with a refresh and the same request again', async () => {
    const { ask, emulator } = await opened(({ tokens }) => ({ tokens }))
    emulator.expireAccessTokens()
    expect(await ask()).toBe(200)
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('takes up what another process has stored, instead of spending a token that is spent', async () => {
    const lab = await planLab()
    const tokenStore = recordingStore(lab.tokens)
    const sessions = [1, 2].map(() => openSession({ ...lab.place, tokenStore }))
    await lab.clock.advance(untilDueMs)
    for (const session of sessions) {
      expect((await session.fetch(`${lab.emulator.backendUrl}/wham/usage`)).status).toBe(200)
    }
    expect(lab.emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
  })

  it('keeps the live token when the store cannot be written, and stores it as soon as it can', async () => {
    const lab = await planLab()
    const failing = { is: true }
    const store = recordingStore(lab.tokens)
    const tokenStore = {
      load: () => store.load(),
      save: async (tokens: OpenAIOAuthTokens) => {
        if (failing.is) throw new Error('The keychain is locked.')
        await store.save(tokens)
      },
    }
    const session = openSession({ ...lab.place, tokenStore })
    const ask = async () => (await session.fetch(`${lab.emulator.backendUrl}/wham/usage`)).status
    await lab.clock.advance(untilExpiredMs)
    expect(await ask()).toBe(200)
    expect(store.saved).toEqual([])
    failing.is = false
    expect(await ask()).toBe(200)
    expect(store.saved).toHaveLength(1)
    expect(lab.emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
  })

  it('gives `onTokens` the tokens again that it could not take, where nothing else stores them', async () => {
    const taken: OpenAIOAuthTokens[] = []
    let tries = 0
    const onTokens = async (tokens: OpenAIOAuthTokens) => {
      tries += 1
      if (tries === 1) throw new Error('Not now.')
      taken.push(tokens)
    }
    const { ask, clock, emulator } = await opened(({ tokens }) => ({ tokens, onTokens }))
    await clock.advance(untilDueMs)
    expect([await ask(), await ask()]).toEqual([200, 200])
    expect(taken).toHaveLength(1)
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it.each([
    [
      'reading',
      { load: async () => Promise.reject(new Error('No keychain.')), save: async () => {} },
      'ERR_STORE_READ',
    ],
    ['an answer that is none', createMemoryTokenStore({ accessToken: '' }), 'ERR_STORE_CORRUPT'],
    ['nobody being signed in', createMemoryTokenStore(undefined), 'ERR_SIGN_IN_REQUIRED'],
  ])('names what fails: %s', async (_, tokenStore, code) => {
    const { ask } = await opened({ tokenStore })
    expect(await caughtCode(ask())).toBe(code)
  })

  it('reads usage without a refresh', async () => {
    const { session, clock, emulator } = await opened(({ tokens }) => ({ tokens }))
    expect((await readUsage(session, { clock })).planType).toBe('plus')
    await clock.advance(untilExpiredMs)
    expect(await caughtCode(readUsage(session, { clock, force: true }))).toBe('ERR_TOKEN_EXPIRED')
    expect(emulator.counters.refresh.ok).toBe(0)
  })

  it('is the one that the settings bring, before their tokens', async () => {
    const { session } = await signedIn()
    expect(openSession({ session, tokens: { accessToken: 'unused' } })).toBe(session)
  })

  it('needs to be told whose plan it is for', async () => {
    const error = await caughtAuthError(() => openSession({}))
    expect(error).toMatchObject({ code: 'ERR_CONFIG_TOKEN_SOURCE', advice: expect.stringContaining('`tokenStore`') })
  })
})

describe('the settings of a session', () => {
  const tokens = { accessToken: 'unused', accountId: 'account-1' }

  it.each([
    ['an issuer without https', { issuer: 'http://issuer.example' }, 'ERR_CONFIG_URL'],
    ['a backend without https', { baseURL: 'http://backend.example/codex' }, 'ERR_CONFIG_URL'],
    ['a backend that is not the Codex one', { baseURL: 'https://api.openai.com/v1' }, 'ERR_CONFIG_URL'],
    ['a token endpoint without https', { tokenUrl: 'http://issuer.example/token' }, 'ERR_CONFIG_URL'],
    ['a token endpoint with a query', { tokenUrl: 'https://issuer.example/token?to=elsewhere' }, 'ERR_CONFIG_URL'],
    ['a token endpoint with credentials', { tokenUrl: 'https://me:me@issuer.example/token' }, 'ERR_CONFIG_URL'],
    ['the name of another product', { originator: 'codex_cli_rs' }, 'ERR_CONFIG_CLIENT_NAME'],
    ['a name that would end its header', { originator: 'mine\r\nauthorization: x' }, 'ERR_CONFIG_CLIENT_NAME'],
  ])('refuse %s', async (_, settings, code) => {
    expect(await caughtCode(() => openSession({ tokens, ...settings }))).toBe(code)
  })

  it('send refresh tokens to the token endpoint they name, and nothing else', async () => {
    const lab = await planLab()
    const urls: string[] = []
    const fetch: typeof globalThis.fetch = (input, init) => {
      urls.push(urlOf(input))
      return lab.emulator.fetch(
        urlOf(input).replace('https://tokens.example/', `${lab.emulator.issuer}/oauth/token`),
        init,
      )
    }
    const session = openSession({ ...lab.place, fetch, tokens: lab.tokens, tokenUrl: 'https://tokens.example/' })
    await lab.clock.advance(untilDueMs)
    const usageUrl = `${lab.emulator.backendUrl}/wham/usage`
    await session.fetch(usageUrl)
    expect(urls).toEqual(['https://tokens.example/', usageUrl])
  })

  async function sentWith(settings: OpenAIOAuthSettings, init?: RequestInit): Promise<Headers> {
    const lab = await planLab()
    let sent = new Headers()
    const fetch: typeof globalThis.fetch = (input, given) => {
      sent = new Headers(given?.headers)
      return lab.emulator.fetch(input, given)
    }
    const session = openSession({ ...lab.place, fetch, tokens: lab.tokens, ...settings })
    await session.fetch(`${lab.emulator.backendUrl}/wham/usage`, init)
    return sent
  }

  it('name our program by default, the host when it says so, and nobody with `false`', async () => {
    expect((await sentWith({})).get('originator')).toBe('planpass')
    expect((await sentWith({ originator: 'my-app' })).get('originator')).toBe('my-app')
    const unnamed = await sentWith({ originator: false })
    expect(unnamed.has('originator')).toBe(false)
    expect(unnamed.get('user-agent')).toMatch(/^planpass\//)
  })

  it('add headers, and replace none of ours', async () => {
    const headers = { 'x-team': 'research', authorization: 'Bearer of-somebody-else', 'ChatGPT-Account-ID': 'another' }
    const sent = await sentWith({ headers }, { headers: { 'x-team': 'of this request' } })
    expect(sent.get('x-team')).toBe('of this request')
    expect(sent.get('authorization')).not.toContain('somebody-else')
    expect(sent.get('chatgpt-account-id')).not.toBe('another')
  })

  it('send no such headers to the issuer', async () => {
    const lab = await planLab()
    const sent: Headers[] = []
    const fetch: typeof globalThis.fetch = (input, init) => {
      if (urlOf(input).endsWith('/oauth/token')) sent.push(new Headers(init?.headers))
      return lab.emulator.fetch(input, init)
    }
    const session = openSession({ ...lab.place, fetch, tokens: lab.tokens, headers: { 'x-team': 'research' } })
    await lab.clock.advance(untilDueMs)
    await session.fetch(`${lab.emulator.backendUrl}/wham/usage`)
    expect(sent.map((headers) => headers.has('x-team'))).toEqual([false])
  })

  it('let no error of a token store lose its cause', async () => {
    const cause = new Error('No keychain.')
    const { ask } = await opened({ tokenStore: { load: async () => Promise.reject(cause), save: async () => {} } })
    const error = await caughtAuthError(ask())
    expect(error).toBeInstanceOf(AuthError)
    expect(error.cause).toBe(cause)
  })
})
