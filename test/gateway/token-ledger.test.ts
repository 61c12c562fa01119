import { describe, expect, it } from 'vitest'
import { createTokenLedger, openTokenLedger } from '../../src/gateway/token-ledger.js'
import { createFakeClock } from '../../src/testing/index.js'
import { createMemoryCache } from '../support/cache.js'

const dayMs = 24 * 60 * 60 * 1000
const tokens = { inputTokens: 100, cachedTokens: 80, outputTokens: 20, reasoningTokens: 5 }

describe('the token ledger', () => {
  it('counts by day, by client and by model, the greatest first', async () => {
    const clock = createFakeClock()
    const ledger = createTokenLedger(clock)
    ledger.add('editor', 'sol', tokens)
    await clock.advance(dayMs)
    ledger.add('editor', 'sol', tokens)
    ledger.add('ci', 'terra', { ...tokens, inputTokens: 1000 })
    const report = ledger.report(30)
    expect(report.total).toEqual({
      requests: 3,
      inputTokens: 1200,
      cachedTokens: 240,
      outputTokens: 60,
      reasoningTokens: 15,
    })
    expect(report.byModel.map(({ model, requests }) => [model, requests])).toEqual([
      ['terra', 1],
      ['sol', 2],
    ])
    expect(report.byClient.map(({ client }) => client)).toEqual(['ci', 'editor'])
    expect(report.byDay.map(({ requests }) => requests)).toEqual([1, 2])
    expect(ledger.report(1).total.requests).toBe(2)
    expect(ledger.usedToday('editor')).toBe(120)
    await ledger.close()
  })

  it('goes on with what was counted before, also after what it kept was damaged', async () => {
    const clock = createFakeClock()
    const cache = createMemoryCache()
    const before = await openTokenLedger(clock, cache)
    before.add('editor', 'sol', tokens)
    await before.close()
    const after = await openTokenLedger(clock, cache)
    expect(after.usedToday('editor')).toBe(120)
    await cache.write('tokens', '{"rows":[{"day":1},null')
    expect((await openTokenLedger(clock, cache)).usedToday('editor')).toBe(0)
  })

  it('keeps what it counts within a second, and forgets it after three months', async () => {
    const clock = createFakeClock()
    const cache = createMemoryCache()
    const ledger = await openTokenLedger(clock, cache)
    ledger.add('editor', 'sol', tokens)
    await clock.advance(1000)
    expect(await cache.read('tokens')).toContain('editor')
    await clock.advance(91 * dayMs)
    ledger.add('ci', 'sol', tokens)
    await clock.advance(1000)
    expect(await cache.read('tokens')).not.toContain('editor')
    await ledger.close()
  })

  it('counts on after a clock that ran ahead for months was set right', async () => {
    const clock = createFakeClock()
    let aheadMs = 0
    const ledger = createTokenLedger({ ...clock, now: () => clock.now() + aheadMs })
    ledger.add('editor', 'sol', tokens)
    aheadMs = 91 * dayMs
    await clock.advance(1000)
    aheadMs = 0
    ledger.add('editor', 'sol', tokens)
    expect(ledger.usedToday('editor')).toBe(120)
    await ledger.close()
  })
})
