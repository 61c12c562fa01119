import { describe, expect, it } from 'vitest'
import {
  readUsage,
  readUsageHistory,
  type LimitWindow,
  type UsageHistory,
  type UsageSample,
} from '../../src/backend/index.js'
import { createMemoryStore } from '../../src/core/index.js'
import { createFakeClock, defaultAccount } from '../../src/testing/index.js'
import { createMemoryCache } from '../support/cache.js'
import { credentialFrom, signedIn } from '../support/signed-in.js'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

interface MemoryHistory extends UsageHistory {
  readonly lines: Map<string, readonly string[]>
  /** Puts the lines together each time, and not only when there are many. */
  isEager: boolean
}

function createMemoryHistory(): MemoryHistory {
  const lines = new Map<string, readonly string[]>()
  return {
    lines,
    isEager: false,
    read: async (name) => lines.get(name) ?? [],
    async append(name, line, compact) {
      const all = [...(lines.get(name) ?? []), line]
      lines.set(name, this.isEager ? compact(all) : all)
    },
  }
}

async function withHistory() {
  const world = await signedIn()
  const history = createMemoryHistory()
  const { session, emulator } = world
  // The history's own: nobody's token ends while it goes on.
  const clock = createFakeClock(world.clock.now())
  const used = (usedPercent: number) => {
    const primary = { usedPercent, windowSeconds: 18_000 }
    emulator.scenario.usage = { ...emulator.scenario.usage, primary, secondary: null }
  }
  const read = () => readUsage(session, { clock, history })
  const points = (every: 'hour' | 'day', sinceMs?: number) =>
    readUsageHistory(session, { history, every, ...(sinceMs !== undefined && { sinceMs }) })
  return { ...world, clock, history, used, read, points }
}

const percents = (points: readonly UsageSample[]) => points.map(({ windows }) => windows[0]?.usedPercent)

/** Puts samples in the past, one every `everyMs` up to now, under the name that the account has. */
function plant({ lines }: MemoryHistory, count: number, everyMs: number, nowMs: number): void {
  const [name = ''] = lines.keys()
  const samples = Array.from({ length: count }, (_, index) => {
    const window: LimitWindow = { limit: 'codex', name: 'codex', usedPercent: index % 100, windowMs: 5 * hourMs }
    return JSON.stringify({ atMs: nowMs - (count - index) * everyMs, windows: [window] })
  })
  lines.set(name, samples)
}

describe('the history of the usage', () => {
  it('has a point for each hour and day, with the most that was used in it', async () => {
    const { used, read, points, clock } = await withHistory()
    const start = clock.now() - (clock.now() % dayMs) + dayMs
    await clock.advance(start - clock.now())
    for (const percent of [10, 30, 20]) {
      used(percent)
      await read()
      await clock.advance(10 * minuteMs)
    }
    await clock.advance(hourMs)
    used(5)
    await read()
    const hours = await points('hour')
    expect(percents(hours)).toEqual([30, 5])
    expect(hours.map(({ atMs }) => atMs)).toEqual([start, start + hourMs])
    expect(percents(await points('day'))).toEqual([30])
    expect((await points('day'))[0]?.atMs).toBe(start)
  })

  it('grows by what the backend answers, not by what a cache repeats', async () => {
    const { session, clock, history } = await withHistory()
    const cache = createMemoryCache()
    for (let round = 0; round < 3; round += 1) await readUsage(session, { cache, clock, history })
    expect([...history.lines.values()].flat()).toHaveLength(1)
  })

  it('is of one account alone, and names nobody', async () => {
    const { read, points, openSession, emulator, history, clock } = await withHistory()
    await read()
    const colleague = await credentialFrom(emulator, { ...defaultAccount, userId: 'user-grace' })
    const session = openSession({ store: createMemoryStore(colleague) })
    expect(await readUsageHistory(session, { history, every: 'day' })).toEqual([])
    await readUsage(session, { clock, history })
    expect(history.lines.size).toBe(2)
    expect(await points('day')).toHaveLength(1)
    const stored = JSON.stringify([...history.lines])
    for (const name of [defaultAccount.email, defaultAccount.userId, defaultAccount.accountId, 'user-grace'])
      expect(stored).not.toContain(name)
  })

  it('begins where it is asked to', async () => {
    const { read, points, clock } = await withHistory()
    await read()
    await clock.advance(3 * hourMs)
    await read()
    expect(await points('hour')).toHaveLength(2)
    expect(await points('hour', clock.now())).toHaveLength(1)
  })

  it.each(['nonsense', '[]', '{"atMs":"x"}', '{"atMs":1}', '{"atMs":-1,"windows":[]}', '{"atMs":1,"win'])(
    'leaves out the line %s',
    async (line) => {
      const { read, points, history } = await withHistory()
      await read()
      const [name = ''] = history.lines.keys()
      history.lines.set(name, [line, ...(history.lines.get(name) ?? [])])
      expect(await points('day')).toHaveLength(1)
    },
  )

  it('keeps minutes for some hours, hours for two weeks, days for a year, and the peak of each', async () => {
    const { read, history, points, clock } = await withHistory()
    await read()
    plant(history, 30_000, 15 * minuteMs, clock.now())
    const before = percents(await points('day'))
    history.isEager = true
    await read()
    const [lines = []] = history.lines.values()
    expect(lines.length).toBeLessThanOrEqual(1200)
    expect(lines.length).toBeGreaterThan(600)
    expect(percents(await points('day')).slice(0, before.length)).toEqual(before)
    const again = await points('hour')
    await read()
    expect(await points('hour')).toEqual(again)
  })

  it('stays within its bounds when the clock ran wild', async () => {
    const { read, history, clock } = await withHistory()
    await read()
    plant(history, 5000, -minuteMs, clock.now())
    history.isEager = true
    await read()
    const [lines = []] = history.lines.values()
    expect(lines.length).toBeLessThanOrEqual(1200)
  })
})
