import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeLimits, parseLimitHeaders, parseLimitsEvent, readUsage, type Limits } from '../../src/backend/index.js'
import { parseUsageLimits } from '../../src/backend/limits.js'
import { parseJsonObject } from '../../src/core/index.js'
import { signedIn } from '../support/signed-in.js'

const nowMs = Date.parse('2026-11-21T12:00:00Z')
const nowSeconds = nowMs / 1000
const hourMs = 3_600_000
const weekMs = 7 * 24 * hourMs

const parse = (headers: Record<string, string>) => parseLimitHeaders(new Headers(headers), nowMs)

describe('limits in headers', () => {
  it('are windows known by their duration, with the plan and its credits', () => {
    const limits = parse({
      'x-codex-plan-type': 'plus',
      'x-codex-primary-used-percent': '12.5',
      'x-codex-primary-window-minutes': '10080',
      'x-codex-primary-reset-at': String(nowSeconds + 60),
      'x-codex-secondary-used-percent': '3',
      'x-codex-secondary-window-minutes': '300',
      'x-codex-credits-has-credits': '1',
      'x-codex-credits-unlimited': 'False',
      'x-codex-credits-balance': '12.50',
    })
    expect(limits).toEqual({
      planType: 'plus',
      windows: [
        { limit: 'codex', name: 'codex', usedPercent: 3, windowMs: 5 * hourMs },
        { limit: 'codex', name: 'codex', usedPercent: 12.5, windowMs: weekMs, resetsAtMs: nowMs + 60_000 },
      ],
      credits: { hasCredits: true, isUnlimited: false, balance: '12.50' },
    })
  })

  it('are found for every feature that is metered, after the plan’s own', () => {
    const limits = parse({
      'x-code-review-primary-used-percent': '40',
      'x-code-review-primary-window-minutes': '60',
      'x-code-review-limit-name': 'Code review',
      'x-codex-primary-used-percent': '1',
      'x-codex-primary-window-minutes': '300',
    })
    expect(limits?.windows).toMatchObject([
      { limit: 'codex', name: 'codex' },
      { limit: 'code_review', name: 'Code review', usedPercent: 40, windowMs: hourMs },
    ])
  })

  it.each([
    ['nothing', {}],
    ['a window of nothing', { 'x-codex-primary-used-percent': '0', 'x-codex-primary-window-minutes': '0' }],
    ['a percentage that is none', { 'x-codex-primary-used-percent': 'many', 'x-codex-primary-window-minutes': '5' }],
    ['half of the credits', { 'x-codex-credits-has-credits': 'true' }],
    ['something else', { 'content-type': 'text/event-stream' }],
  ])('are none in %s', (_, headers) => {
    expect(parse(headers)).toBeUndefined()
  })

  it.each([
    ['a reset', { 'x-codex-primary-reset-at': String(nowSeconds) }],
    ['a length', { 'x-codex-primary-window-minutes': '300' }],
  ])('are a window of which nothing is used when there is %s', (_, headers) => {
    expect(parse({ 'x-codex-primary-used-percent': '0', ...headers })?.windows).toHaveLength(1)
  })
})

describe('limits in a stream', () => {
  it('are read from their event', () => {
    const event = {
      type: 'codex.rate_limits',
      plan_type: 'pro',
      metered_limit_name: 'codex-sparks',
      limit_name: 'Sparks',
      rate_limits: { primary: { used_percent: 7, window_minutes: 300, reset_at: nowSeconds + 1 }, secondary: null },
      credits: { has_credits: true, unlimited: true, balance: null },
    }
    expect(parseLimitsEvent(event, nowMs)).toEqual({
      planType: 'pro',
      windows: [
        { limit: 'codex_sparks', name: 'Sparks', usedPercent: 7, windowMs: 5 * hourMs, resetsAtMs: nowMs + 1000 },
      ],
      credits: { hasCredits: true, isUnlimited: true },
    })
  })

  it.each([{}, { rate_limits: null }, { rate_limits: { primary: {} } }, { credits: 7, plan_type: [] }])(
    'are none in %j',
    (event) => {
      expect(parseLimitsEvent(event, nowMs)).toEqual({ windows: [] })
    },
  )
})

it('says the same of limits wherever they are told', async () => {
  const { session, emulator, clock } = await signedIn()
  const primary = { usedPercent: 50, windowSeconds: 3600 }
  emulator.scenario.usage = {
    ...emulator.scenario.usage,
    additional: [{ limitName: 'Sparks', meteredFeature: 'codex_sparks', primary, secondary: null }],
  }
  const { source: _, fetchedAtMs: __, ageMs: ___, ...asked } = await readUsage(session, { clock })
  const response = await session.fetch(`${emulator.backendUrl}/codex/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-5.5', instructions: 'x', input: [], store: false, stream: true }),
  })
  expect(parseLimitHeaders(response.headers, clock.now())).toEqual(asked)
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: '))
  const events = lines.map((line) => parseJsonObject(line.slice(6)))
  const event = events.find((found) => found?.['type'] === 'codex.rate_limits')
  const told = parseLimitsEvent(event ?? {}, clock.now())
  expect(told).toEqual({ ...asked, windows: asked.windows.slice(0, 2) })
  expect(mergeLimits(asked, told)).toEqual(asked)
})

it('reads any answer, event and headers without failing, and only what they tell', () => {
  const member = fc.constantFrom(
    'used_percent',
    'limit_window_seconds',
    'window_minutes',
    'reset_at',
    'reset_after_seconds',
  )
  const window = fc.dictionary(member, fc.oneof(fc.double(), fc.jsonValue(), fc.constantFrom('5', '-1', '1e9')))
  const limits = fc.dictionary(fc.constantFrom('primary_window', 'secondary_window', 'primary', 'secondary'), window)
  fc.assert(
    fc.property(limits, fc.jsonValue(), (rateLimit, other) => {
      const told = { rate_limit: rateLimit, rate_limits: rateLimit, additional_rate_limits: [other], credits: other }
      const answer =
        parseJsonObject(JSON.stringify({ ...told, plan_type: other, rate_limit_reached_type: other })) ?? {}
      for (const { windows } of [parseUsageLimits(answer, nowMs), parseLimitsEvent(answer, nowMs)]) {
        for (const { usedPercent, windowMs = 1, resetsAtMs = 0 } of windows) {
          expect([usedPercent, windowMs, resetsAtMs].every(Number.isFinite)).toBe(true)
          expect(windowMs).toBeGreaterThan(0)
          expect(new Date(resetsAtMs).getTime()).not.toBeNaN()
        }
      }
    }),
  )
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.stringMatching(/^x-[a-z]{1,8}-primary-(used-percent|window-minutes|reset-at)$/),
        fc.stringMatching(/^[ -~]{0,20}$/),
      ),
      (headers) => {
        for (const { usedPercent } of parse(headers)?.windows ?? []) expect(usedPercent).not.toBeNaN()
      },
    ),
  )
})

describe('an update of limits', () => {
  const known: Limits = {
    planType: 'plus',
    windows: [
      { limit: 'codex', name: 'codex', usedPercent: 10, windowMs: 5 * hourMs, resetsAtMs: 1000 },
      { limit: 'codex', name: 'codex', usedPercent: 20, windowMs: weekMs, resetsAtMs: 2000 },
      { limit: 'codex_sparks', name: 'Sparks', usedPercent: 30, windowMs: hourMs },
    ],
    credits: { hasCredits: true, isUnlimited: false, balance: '5' },
  }

  it('leaves alone what it does not mention', () => {
    const update = { windows: [{ limit: 'codex', name: 'codex', usedPercent: 11, windowMs: 5 * hourMs }] }
    expect(mergeLimits(known, update)).toEqual({
      ...known,
      windows: [{ ...known.windows[0], usedPercent: 11 }, known.windows[1], known.windows[2]],
    })
  })

  it('adds a window and a limit, in their order', () => {
    const update = {
      windows: [
        { limit: 'review', name: 'Review', usedPercent: 1 },
        { limit: 'codex', name: 'codex', usedPercent: 2, windowMs: hourMs },
      ],
    }
    expect(mergeLimits(known, update).windows.map(({ limit, windowMs }) => [limit, windowMs])).toEqual([
      ['codex', hourMs],
      ['codex', 5 * hourMs],
      ['codex', weekMs],
      ['codex_sparks', hourMs],
      ['review', undefined],
    ])
  })

  it('is everything when nothing was known', () => {
    expect(mergeLimits(undefined, known)).toBe(known)
  })

  it('changes nothing when it says the same again', () => {
    const window = fc.record({
      limit: fc.constantFrom('codex', 'a', 'b'),
      name: fc.constant('x'),
      usedPercent: fc.nat(100),
      windowMs: fc.constantFrom(hourMs, weekMs),
    })
    const windows = fc.uniqueArray(window, { selector: ({ limit, windowMs }) => `${limit} ${windowMs}` })
    fc.assert(
      fc.property(windows, windows, (one, other) => {
        const merged = mergeLimits({ windows: one }, { windows: other })
        expect(mergeLimits(merged, { windows: other })).toEqual(merged)
        expect(mergeLimits(merged, { windows: [] })).toEqual(merged)
      }),
    )
  })
})
