import {
  fingerprint,
  isJsonObject,
  parseJsonObject,
  readNumber,
  readString,
  Secret,
  type JsonObject,
} from '../core/index.js'
import { cacheKey, type BackendSession } from './backend-request.js'
import type { LimitWindow } from './limits.js'

/**
 * Lines of text that are only ever added to, until there are too many. Never fails: it may lose lines, but mixes none up, also when several
 * processes write.
 */
export interface UsageHistory {
  read(name: string): Promise<readonly string[]>
  /** @param compact What may take the place of the lines when there are too many; the new one is among them. */
  append(name: string, line: string, compact: (lines: readonly string[]) => readonly string[]): Promise<void>
}

/** What was used at a moment. */
export interface UsageSample {
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly windows: readonly LimitWindow[]
}

/** How the history is read. */
export interface UsageHistoryOptions {
  readonly history: UsageHistory
  /** One point for each of them, in UTC, in which anything is known. */
  readonly every: 'hour' | 'day'
  /** Nothing older, in milliseconds since the epoch; everything there is when not given. */
  readonly sinceMs?: number
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/**
 * The account's usage over time, oldest first, for a plot: of each hour or day the most that was used of each window. `atMs` is its beginning.
 * Asks nobody; what `readUsage` was given `history` for is what there is.
 */
export async function readUsageHistory(
  session: BackendSession,
  { history, every, sinceMs = 0 }: UsageHistoryOptions,
): Promise<UsageSample[]> {
  const lines = await history.read(await historyName(await cacheKey(session)))
  const lengthMs = every === 'hour' ? hourMs : dayMs
  return toPeaks(parseSamples(lines), () => lengthMs)
    .map(({ atMs, windows }) => ({ atMs: atMs - (atMs % lengthMs), windows }))
    .filter(({ atMs }) => atMs >= sinceMs - (sinceMs % lengthMs))
}

/** Leaves a mark of the usage, of the account that `key` stands for. */
export async function recordUsage(history: UsageHistory | undefined, key: string, sample: UsageSample): Promise<void> {
  const compact = (lines: readonly string[]) => compactHistory(lines, sample.atMs)
  await history?.append(await historyName(key), JSON.stringify(sample), compact)
}

/** A name for a file: it tells nothing of the account. */
async function historyName(key: string): Promise<string> {
  return `usage-${await fingerprint(new Secret(key))}`
}

/** How fine the past is kept: a minute for six hours, an hour for two weeks, then a day. */
const grains = [
  { youngerThanMs: 6 * hourMs, lengthMs: minuteMs },
  { youngerThanMs: 14 * dayMs, lengthMs: hourMs },
  { youngerThanMs: 400 * dayMs, lengthMs: dayMs },
] as const

/** Enough for every grain above; a clock that ran wild cannot make it more. */
const mostSamples = 1200

/** The lines without those that nobody could read, each stretch of time put together as finely as its age deserves. */
function compactHistory(lines: readonly string[], nowMs: number): string[] {
  const lengthOf = (atMs: number) => grains.find(({ youngerThanMs }) => nowMs - atMs < youngerThanMs)?.lengthMs
  return toPeaks(parseSamples(lines), lengthOf)
    .slice(-mostSamples)
    .map((sample) => JSON.stringify(sample))
}

/** One sample for each stretch of time: its last moment, and the most that was used of each window. */
function toPeaks(samples: readonly UsageSample[], lengthOf: (atMs: number) => number | undefined): UsageSample[] {
  const peaks = new Map<string, UsageSample>()
  for (const sample of samples) {
    const lengthMs = lengthOf(sample.atMs)
    if (lengthMs === undefined) continue
    const stretch = `${lengthMs} ${Math.floor(sample.atMs / lengthMs)}`
    peaks.set(stretch, toPeak(peaks.get(stretch), sample))
  }
  return [...peaks.values()]
}

function toPeak(known: UsageSample | undefined, { atMs, windows }: UsageSample): UsageSample {
  if (!known) return { atMs, windows }
  const highest = new Map<string, LimitWindow>()
  for (const window of [...known.windows, ...windows]) {
    const key = `${window.limit} ${window.windowMs}`
    if (window.usedPercent >= (highest.get(key)?.usedPercent ?? 0)) highest.set(key, window)
  }
  return { atMs, windows: [...highest.values()] }
}

function parseSamples(lines: readonly string[]): UsageSample[] {
  return lines
    .map(parseSample)
    .filter((sample) => sample !== undefined)
    .toSorted((one, other) => one.atMs - other.atMs)
}

function parseSample(line: string): UsageSample | undefined {
  const stored = parseJsonObject(line)
  const atMs = readNumber(stored, 'atMs')
  const windows = stored?.['windows']
  if (atMs === undefined || atMs < 0 || !Array.isArray(windows)) return undefined
  return { atMs, windows: windows.filter(isJsonObject).flatMap(parseWindow) }
}

function parseWindow(stored: JsonObject): LimitWindow[] {
  const limit = readString(stored, 'limit')
  const usedPercent = readNumber(stored, 'usedPercent')
  if (limit === undefined || usedPercent === undefined) return []
  const windowMs = readNumber(stored, 'windowMs')
  const resetsAtMs = readNumber(stored, 'resetsAtMs')
  return [
    {
      limit,
      name: readString(stored, 'name') ?? limit,
      usedPercent,
      ...(windowMs !== undefined && { windowMs }),
      ...(resetsAtMs !== undefined && { resetsAtMs }),
    },
  ]
}
