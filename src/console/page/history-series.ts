import type { LimitWindow, UsageSample } from '../../backend/index.js'
import { windowKey } from './gauge.js'

/** The use of one window over time. */
export interface Series {
  readonly window: LimitWindow
  /** Oldest first; `x` is how much of the range lies before it, of a hundred. */
  readonly points: readonly { readonly atMs: number; readonly x: number; readonly percent: number }[]
}

export interface Range {
  readonly fromMs: number
  readonly toMs: number
}

const hourMs = 60 * 60 * 1000
const reachMs = { hour: 48 * hourMs, day: 30 * 24 * hourMs }

/** What of the past a chart shows: two days by the hour, or thirty by the day. */
export function historyRange(every: 'hour' | 'day', nowMs: number): Range {
  return { fromMs: nowMs - reachMs[every], toMs: nowMs }
}

/** One series for each window that is told of within the range, in the order in which they first are. */
export function toSeries(samples: readonly UsageSample[], { fromMs, toMs }: Range): Series[] {
  const found = new Map<string, Series>()
  for (const { atMs, windows } of samples.filter((sample) => sample.atMs >= fromMs && sample.atMs <= toMs)) {
    for (const window of windows) {
      const x = ((atMs - fromMs) / (toMs - fromMs)) * 100
      const point = { atMs, x, percent: Math.min(100, Math.max(0, window.usedPercent)) }
      const points = found.get(windowKey(window))?.points ?? []
      found.set(windowKey(window), { window, points: [...points, point] })
    }
  }
  return [...found.values()]
}
