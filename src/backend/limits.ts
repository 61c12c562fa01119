import { isJsonObject, readObject, readString, toOneSafeLine, type JsonObject } from '../core/index.js'
import { readAmount } from './usage-amount.js'

/** How much of a limit is used, over a window that is known by its duration, never by its slot (protocol 9.3). */
export interface LimitWindow {
  /** `codex` for the plan's main limit, else the feature that is metered, as in `codex_sparks`. */
  readonly limit: string
  /** What the backend calls the limit before people; the same as `limit` when it has no words for it. */
  readonly name: string
  readonly usedPercent: number
  /** How long the window is. */
  readonly windowMs?: number
  /** Milliseconds since the epoch. */
  readonly resetsAtMs?: number
}

/** What was bought on top of the plan. */
export interface Credits {
  readonly hasCredits: boolean
  readonly isUnlimited: boolean
  readonly balance?: string
}

/** What the backend tells about a plan's limits: asked for, in the headers of an answer, or within its stream. */
export interface Limits {
  readonly planType?: string
  /** The plan's own windows first, each limit from the shortest to the longest. */
  readonly windows: readonly LimitWindow[]
  readonly credits?: Credits
  /** Which limit is reached, as in `workspace_owner_credits_depleted`. */
  readonly reachedType?: string
}

/** The last moment a `Date` can hold; nothing that is told beyond it is meant. */
const latestMs = 8.64e15

/** The limit of the plan itself. */
export const mainLimit = 'codex'

/** A limit as its sources spell it: the names of windows and of their members differ between them. */
export interface RawLimit {
  readonly limit: string
  readonly name?: string | undefined
  readonly windows: readonly (RawWindow | undefined)[]
}

/** A window in seconds, the wire's unit; absent members are not told. */
export interface RawWindow {
  readonly usedPercent: number | undefined
  readonly windowSeconds: number | undefined
  readonly resetsAtSeconds: number | undefined
  readonly resetsAfterSeconds: number | undefined
}

/** The windows of one limit, the shortest first. */
export function toWindows({ limit, name, windows }: RawLimit, nowMs: number): LimitWindow[] {
  const id = toLimitId(limit)
  const label = toOneSafeLine(name ?? '') || id
  return windows
    .map((window) => toWindow(id, label, window, nowMs))
    .filter((window) => window !== undefined)
    .toSorted(byDuration)
}

/** A limit is named with hyphens in headers and with underscores elsewhere (protocol 9.4). */
function toLimitId(limit: string): string {
  return toOneSafeLine(limit).toLowerCase().replaceAll('-', '_') || 'other'
}

/** One that does not tell how much is used tells nothing: that is not the same as nothing being used. */
function toWindow(limit: string, name: string, window: RawWindow | undefined, nowMs: number): LimitWindow | undefined {
  if (window?.usedPercent === undefined) return undefined
  const { usedPercent, windowSeconds = 0 } = window
  const resetsAtMs = toResetTime(window.resetsAtSeconds, window.resetsAfterSeconds, nowMs)
  return {
    limit,
    name,
    usedPercent,
    ...(windowSeconds > 0 && windowSeconds * 1000 <= latestMs && { windowMs: windowSeconds * 1000 }),
    ...(resetsAtMs !== undefined && { resetsAtMs }),
  }
}

/** When a limit is lifted: the moment if it is told, else the wait from now; neither is ever guessed. */
export function toResetTime(
  atSeconds: number | undefined,
  afterSeconds: number | undefined,
  nowMs: number,
): number | undefined {
  const isMoment = atSeconds !== undefined && atSeconds > 0
  const atMs = isMoment ? atSeconds * 1000 : nowMs + Math.max(0, afterSeconds ?? Number.NaN) * 1000
  return atMs <= latestMs ? atMs : undefined
}

/** The shortest first; one of unknown length before them. */
export function byDuration(one: LimitWindow, other: LimitWindow): number {
  return (one.windowMs ?? 0) - (other.windowMs ?? 0)
}

/** What `credits` says, whether asked for or told in a stream. */
function toCredits(credits: JsonObject | undefined): Credits | undefined {
  if (!credits) return undefined
  const balance = credits['balance']
  return {
    hasCredits: credits['has_credits'] === true,
    isUnlimited: credits['unlimited'] === true,
    ...((typeof balance === 'string' || typeof balance === 'number') && { balance: toOneSafeLine(String(balance)) }),
  }
}

/** The answer to a question for the usage (protocol 9.3). */
export function parseUsageLimits(answer: JsonObject, nowMs: number): Limits {
  const additional = answer['additional_rate_limits']
  const more = Array.isArray(additional) ? additional.filter(isJsonObject) : []
  return toLimits(answer, [
    ...toWindows({ limit: mainLimit, windows: answeredWindows(answer) }, nowMs),
    ...more.flatMap((entry) => toWindows({ ...limitNames(entry), windows: answeredWindows(entry) }, nowMs)),
  ])
}

function answeredWindows(entry: JsonObject) {
  const rateLimit = readObject(entry, 'rate_limit')
  return [readObject(rateLimit, 'primary_window'), readObject(rateLimit, 'secondary_window')].map(
    (window) => window && { ...readMeter(window), windowSeconds: readAmount(window, 'limit_window_seconds') },
  )
}

/** The `codex.rate_limits` event of a stream (protocol 9.4). */
export function parseLimitsEvent(event: JsonObject, nowMs: number): Limits {
  const rateLimits = readObject(event, 'rate_limits')
  const windows = [readObject(rateLimits, 'primary'), readObject(rateLimits, 'secondary')].map(
    (window) => window && { ...readMeter(window), windowSeconds: (readAmount(window, 'window_minutes') ?? 0) * 60 },
  )
  const limit = readString(event, 'metered_limit_name') ?? readString(event, 'limit_name') ?? mainLimit
  return toLimits(event, toWindows({ limit, name: readString(event, 'limit_name'), windows }, nowMs))
}

function readMeter(window: JsonObject) {
  return {
    usedPercent: readAmount(window, 'used_percent'),
    resetsAtSeconds: readAmount(window, 'reset_at'),
    resetsAfterSeconds: readAmount(window, 'reset_after_seconds'),
  }
}

function limitNames(entry: JsonObject): { readonly limit: string; readonly name: string | undefined } {
  const name = readString(entry, 'limit_name')
  return { limit: readString(entry, 'metered_feature') ?? name ?? '', name }
}

function toLimits(source: JsonObject, windows: readonly LimitWindow[]): Limits {
  const planType = toOneSafeLine(readString(source, 'plan_type') ?? '')
  const credits = toCredits(readObject(source, 'credits'))
  const reached = source['rate_limit_reached_type']
  const reachedType = toOneSafeLine(
    readString(isJsonObject(reached) ? reached : { kind: reached ?? null }, 'kind') ?? '',
  )
  return {
    ...(planType && { planType }),
    windows,
    ...(credits && { credits }),
    ...(reachedType && { reachedType }),
  }
}
