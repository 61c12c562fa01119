import { describe, expect, it } from 'vitest'
import { readUsage } from '../../src/backend/index.js'
import { createCodexProvider, createMemoryStore } from '../../src/core/index.js'
import { defaultAccount } from '../../src/testing/index.js'
import { createMemoryCache } from '../support/cache.js'
import { caught, caughtCode } from '../support/caught.js'
import { credentialFrom, signedIn, untilExpiredMs } from '../support/signed-in.js'

const fiveHoursMs = 5 * 3_600_000
const weekMs = 7 * 24 * 3_600_000

async function usageOf(body: unknown) {
  const { session, emulator, clock } = await signedIn()
  emulator.faults.add({ endpoint: 'usage', body })
  const { source: _, fetchedAtMs: __, ageMs: ___, ...usage } = await readUsage(session, { clock })
  return usage
}

describe('the usage', () => {
  it('is of windows that are known by their duration', async () => {
    const { session, clock } = await signedIn()
    const usage = await readUsage(session, { clock })
    expect(usage).toMatchObject({
      planType: 'plus',
      windows: [
        { limit: 'codex', name: 'codex', usedPercent: 20, windowMs: fiveHoursMs },
        { limit: 'codex', name: 'codex', usedPercent: 10, windowMs: weekMs },
      ],
      credits: { hasCredits: false, isUnlimited: false, balance: '0' },
      source: 'network',
      fetchedAtMs: clock.now(),
    })
    for (const { resetsAtMs } of usage.windows) expect(resetsAtMs).toBeGreaterThan(clock.now())
  })

  it('lists the shorter window first, in whichever slot it comes', async () => {
    const window = (seconds: number, percent: number) => ({ limit_window_seconds: seconds, used_percent: percent })
    const rate_limit = { primary_window: window(604_800, 1), secondary_window: window(18_000, 2) }
    expect((await usageOf({ rate_limit })).windows.map(({ windowMs }) => windowMs)).toEqual([fiveHoursMs, weekMs])
  })

  it('has a window alone, in the second slot', async () => {
    const rate_limit = { primary_window: null, secondary_window: { used_percent: 3, limit_window_seconds: 604_800 } }
    expect((await usageOf({ rate_limit })).windows).toEqual([
      { limit: 'codex', name: 'codex', usedPercent: 3, windowMs: weekMs },
    ])
  })

  it('has further limits after the plan’s own', async () => {
    const { session, emulator } = await signedIn()
    const primary = { usedPercent: 50, windowSeconds: 3600 }
    emulator.scenario.usage = {
      ...emulator.scenario.usage,
      additional: [{ limitName: 'Sparks', meteredFeature: 'codex_sparks', primary, secondary: null }],
    }
    const { windows } = await readUsage(session)
    expect(windows.map(({ limit, name, usedPercent }) => [limit, name, usedPercent])).toEqual([
      ['codex', 'codex', 20],
      ['codex', 'codex', 10],
      ['codex_sparks', 'Sparks', 50],
    ])
  })

  it('says which limit is reached', async () => {
    const kind = 'workspace_owner_credits_depleted'
    expect(await usageOf({ rate_limit_reached_type: { kind } })).toEqual({ windows: [], reachedType: kind })
    expect(await usageOf({ rate_limit_reached_type: kind })).toEqual({ windows: [], reachedType: kind })
  })

  it('counts a reset that is told as a wait from the moment of the answer', async () => {
    const { session, emulator, clock } = await signedIn()
    const cache = createMemoryCache()
    const resetsAtMs = clock.now() + 60_000
    const rate_limit = { primary_window: { used_percent: '5', reset_after_seconds: 60 } }
    emulator.faults.add({ endpoint: 'usage', body: { rate_limit } })
    await readUsage(session, { cache, clock })
    await clock.advance(30_000)
    expect((await readUsage(session, { cache, clock })).windows).toMatchObject([{ usedPercent: 5, resetsAtMs }])
  })

  it.each([
    ['a window that does not say how much', { rate_limit: { primary_window: { limit_window_seconds: 60 } } }],
    ['an empty object', {}],
    ['null everywhere', { plan_type: null, rate_limit: null, credits: null, additional_rate_limits: null }],
    ['null windows', { rate_limit: { primary_window: null, secondary_window: null } }],
    ['other kinds everywhere', { plan_type: 7, rate_limit: [], credits: 'x', additional_rate_limits: {} }],
    ['limits that are nothing', { additional_rate_limits: [null, 'x', { rate_limit: null }] }],
  ])('is nothing when the answer is %s', async (_, body) => {
    expect(await usageOf(body)).toEqual({ windows: [] })
  })

  it('leaves out what a window does not tell', async () => {
    const rate_limit = { primary_window: { used_percent: 5, limit_window_seconds: 0, reset_at: null } }
    expect((await usageOf({ rate_limit })).windows).toEqual([{ limit: 'codex', name: 'codex', usedPercent: 5 }])
  })

  it.each([
    [
      { has_credits: true, unlimited: true, balance: null },
      { hasCredits: true, isUnlimited: true },
    ],
    [
      { has_credits: true, unlimited: false, balance: 12.5 },
      { hasCredits: true, isUnlimited: false, balance: '12.5' },
    ],
    [{}, { hasCredits: false, isUnlimited: false }],
  ])('has credits %j', async (credits, expected) => {
    expect((await usageOf({ credits })).credits).toEqual(expected)
  })
})

describe('reading the usage', () => {
  it('asks once a minute', async () => {
    const { session, emulator, clock } = await signedIn()
    const cache = createMemoryCache()
    await readUsage(session, { cache, clock })
    await clock.advance(59_000)
    expect((await readUsage(session, { cache, clock })).source).toBe('cache')
    await readUsage(session, { cache, clock, force: true })
    await clock.advance(61_000)
    expect((await readUsage(session, { cache, clock })).source).toBe('network')
    expect(emulator.counters.requests.usage).toBe(3)
  })

  it('gives the last answer while asking fails in passing, and says so', async () => {
    const { session, emulator, clock } = await signedIn()
    const cache = createMemoryCache()
    const first = await readUsage(session, { cache, clock })
    await clock.advance(2 * 60_000)
    emulator.faults.add({ endpoint: 'usage', status: 500, times: 1 })
    const { failure, ...usage } = await readUsage(session, { cache, clock })
    expect(usage).toEqual({ ...first, source: 'cache', ageMs: 2 * 60_000 })
    expect(failure?.code).toBe('ERR_UPSTREAM_UNAVAILABLE')
    emulator.faults.add({ endpoint: 'usage', status: 401 })
    expect(await caughtCode(readUsage(session, { cache, clock }))).toBe('ERR_UPSTREAM_UNAUTHORIZED')
  })

  it('is not told to another person of the same workspace', async () => {
    const { session, openSession, emulator } = await signedIn()
    const cache = createMemoryCache()
    await readUsage(session, { cache })
    const colleague = await credentialFrom(emulator, { ...defaultAccount, userId: 'user-grace' })
    const { source } = await readUsage(openSession({ store: createMemoryStore(colleague) }), { cache })
    expect(source).toBe('network')
  })

  it('keeps nothing of the answer that names the person', async () => {
    const { session, emulator, clock } = await signedIn()
    const rate_limit = { primary_window: { used_percent: 5 } }
    emulator.faults.add({ endpoint: 'usage', body: { email: 'ada@example.test', user_id: 'u', rate_limit } })
    const cache = createMemoryCache()
    const fetched = await readUsage(session, { cache, clock })
    expect(cache.texts.get('usage')).not.toMatch(/ada@example|user_id/)
    expect(await readUsage(session, { cache, clock })).toEqual({ ...fetched, source: 'cache' })
  })

  it('ends with the caller’s own reason in the middle of the answer', async () => {
    const { session } = await signedIn()
    const controller = new AbortController()
    const reason = new Error('The person left the page.')
    const body = new ReadableStream({ pull: (stream) => stream.error(reason) })
    const readOnlyFetch = async () => new Response(body)
    controller.abort(reason)
    expect(await caught(readUsage({ ...session, readOnlyFetch }, { signal: controller.signal }))).toBe(reason)
  })

  it('never refreshes', async () => {
    const { session, emulator, clock } = await signedIn()
    await clock.advance(untilExpiredMs)
    expect(await caughtCode(readUsage(session))).toBe('ERR_TOKEN_EXPIRED')
    expect(emulator.log).toEqual([])
  })

  it('finds the path by the style of the backend’s base', async () => {
    const { emulator, openSession } = await signedIn()
    const backendUrl = new URL(emulator.backendUrl).origin
    const provider = createCodexProvider({ issuer: emulator.issuer, backendUrl })
    await readUsage(openSession({ provider }))
    expect(emulator.log.map(({ path }) => path)).toEqual(['/api/codex/usage'])
  })

  it.each([
    ['ERR_UPSTREAM_BAD_RESPONSE', { body: 'nonsense' }],
    ['ERR_UPSTREAM_UNAVAILABLE', { status: 500 }],
    ['ERR_NETWORK_UNREACHABLE', { truncateAfterBytes: 5 }],
  ] as const)('is %s when the answer is %j', async (code, fault) => {
    const { session, emulator } = await signedIn()
    emulator.faults.add({ endpoint: 'usage', ...fault })
    expect(await caughtCode(readUsage(session))).toBe(code)
  })
})
