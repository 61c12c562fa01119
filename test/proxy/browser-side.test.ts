import { generateText, streamText } from 'ai'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createOpenAIOAuth, findAuthError } from '../../src/ai-sdk/index.js'
import { openSession } from '../../src/ai-sdk/open-session.js'
import { readModels, readUsage } from '../../src/backend/index.js'
import { createOpenAIOAuthProxy } from '../../src/proxy/index.js'
import type { EmulatedAccount } from '../../src/testing/index.js'
import { caught } from '../support/caught.js'
import { planLab, refusedResponses, twoAccounts, urlOf } from '../support/plan-lab.js'
import { untilDueMs } from '../support/signed-in.js'

const model = 'gpt-6.1-sol'
const page = 'http://localhost:3000'

/** A page, its server with the proxy under the usual path, and the services behind it. */
async function inBrowser(account?: EmulatedAccount) {
  vi.stubGlobal('navigator', { userAgent: 'Mozilla/5.0' })
  vi.stubGlobal('location', { href: `${page}/chat` })
  const lab = await planLab(account ? { accounts: [account] } : {})
  const { baseURL, clock, fetch: toServices } = lab.place
  const proxy = createOpenAIOAuthProxy({ baseURL, clock, fetch: toServices })
  const asked: string[] = []
  const server = new Map(
    (['responses', 'models', 'usage'] as const).map((route) => [`/api/proxy/openai/codex/${route}`, proxy[route]]),
  )
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = new URL(urlOf(input))
    asked.push(url.origin + url.pathname)
    const handle = url.origin === page ? server.get(url.pathname) : undefined
    return handle
      ? handle(new Request(input, { ...init, headers: { ...headersOf(init), origin: page } }))
      : lab.emulator.fetch(input, init)
  }
  const settings = { ...lab.place, fetch, tokens: lab.tokens }
  return { ...lab, asked, openai: createOpenAIOAuth(settings), session: openSession(settings) }
}

function headersOf(init: RequestInit | undefined): Record<string, string> {
  return Object.fromEntries(new Headers(init?.headers))
}

describe('a page', () => {
  afterEach(() => void vi.unstubAllGlobals())

  it('asks through the proxy of its server, without being told', async () => {
    const { openai, asked } = await inBrowser()
    expect((await generateText({ model: openai(model), prompt: 'Hello' })).text).toBe('You said: Hello')
    expect(await streamText({ model: openai(model), prompt: 'Hello' }).text).toBe('You said: Hello')
    expect(new Set(asked)).toEqual(new Set([`${page}/api/proxy/openai/codex/responses`]))
  })

  it('reads models and usage the same way', async () => {
    const { session, clock } = await inBrowser()
    expect((await readModels(session, { clock })).models.map(({ id }) => id)).toContain(model)
    expect((await readUsage(session, { clock })).planType).toBe('plus')
  })

  it('refreshes at the issuer when the token is due, and again when the backend refuses it', async () => {
    const { openai, asked, emulator, clock } = await inBrowser()
    await clock.advance(untilDueMs)
    await generateText({ model: openai(model), prompt: 'Hello' })
    emulator.expireAccessTokens()
    expect((await generateText({ model: openai(model), prompt: 'Hello' })).text).toBe('You said: Hello')
    expect(emulator.counters.refresh.ok).toBe(2)
    expect(asked.filter((url) => url === `${emulator.issuer}/oauth/token`)).toHaveLength(2)
  })

  it('hears of limits, and when they end', async () => {
    const { openai, emulator, clock } = await inBrowser()
    const { providerMetadata } = await generateText({ model: openai(model), prompt: 'Hello', maxOutputTokens: 9 })
    expect(providerMetadata?.['planpass']).toMatchObject({ limits: { windows: [{ usedPercent: 20 }, {}] } })
    emulator.scenario.usageLimit = { resetsInSeconds: 60 }
    const error = findAuthError(await caught(generateText({ model: openai(model), prompt: 'Hello' })), clock)
    expect(error).toMatchObject({ code: 'ERR_UPSTREAM_USAGE_LIMIT', retryAfterMs: 60_000 })
  })

  it('goes on with another account in the middle of a conversation', async () => {
    const [ada, grace] = twoAccounts
    const { openai, emulator } = await inBrowser(ada)
    emulator.scenario.answers = [
      {
        answer: {
          items: [
            { type: 'reasoning', summary: 'Hm.' },
            { type: 'text', text: 'Yes.' },
          ],
        },
      },
    ]
    const first = await generateText({ model: openai(model), prompt: 'Is it?' })
    const later = await inBrowser(grace)
    later.emulator.scenario.answers = emulator.scenario.answers
    const messages = [
      { role: 'user' as const, content: 'Is it?' },
      ...first.response.messages,
      { role: 'user' as const, content: 'Really?' },
    ]
    expect((await generateText({ model: later.openai(model), messages })).text).toBe('Yes.')
    expect(refusedResponses(later.emulator)).toEqual([400])
  })
})
