import { isJsonObject, readNumber, readObject, readString, type JsonObject } from '../core/index.js'
import {
  cacheKey,
  nowOf,
  readJson,
  type AnswerSource,
  type BackendSession,
  type ReadOptions,
} from './backend-request.js'
import { isFresh, readCachedAnswer, writeCachedAnswer, type CachedAnswer } from './cache.js'
import { toUpstreamError } from './upstream-error.js'

/** How much of a limit is used, over a window that is known by its duration, never by its slot (protocol 9.3). */
export interface UsageWindow {
  /** `codex` for the plan's main limit, else the name the backend gives it. */
  readonly limit: string
  readonly usedPercent: number
  readonly durationMs?: number
  /** Milliseconds since the epoch. */
  readonly resetsAtMs?: number
}

/** What was bought on top of the plan. */
export interface Credits {
  readonly hasCredits: boolean
  readonly isUnlimited: boolean
  readonly balance?: string
}

/** How much of a plan is used, and how fresh that is. */
export interface Usage {
  readonly planType?: string
  /** The plan's own windows first, each limit from the shortest to the longest. */
  readonly windows: readonly UsageWindow[]
  readonly credits?: Credits
  readonly source: AnswerSource
  /** Milliseconds since the epoch. */
  readonly fetchedAtMs: number
}

const freshForMs = 60 * 1000

/**
 * What of the plan is used. Asks at most once a minute. Never refreshes the token.
 *
 * @throws AuthError `ERR_TOKEN_EXPIRED`, `ERR_SIGN_IN_REQUIRED`, `ERR_UPSTREAM_*`, `ERR_NETWORK_*`
 */
export async function readUsage(session: BackendSession, options: ReadOptions = {}): Promise<Usage> {
  const key = await cacheKey(session)
  const cached = await readCachedAnswer(options.cache, 'usage', key)
  const nowMs = nowOf(options)
  if (cached && !options.force && isFresh(cached, nowMs, freshForMs)) return toUsage(cached, 'cache')
  const fetched = { key, fetchedAtMs: nowMs, answer: await fetchUsage(session, options) }
  await writeCachedAnswer(options.cache, 'usage', fetched)
  return toUsage(fetched, 'network')
}

async function fetchUsage(session: BackendSession, options: ReadOptions): Promise<JsonObject> {
  const response = await session.readOnlyFetch(usageUrl(session.provider.backendUrl), {
    ...(options.signal && { signal: options.signal }),
  })
  if (!response.ok) throw await toUpstreamError(response, nowOf(options))
  return withoutPerson(await readJson(response, 'the usage', options.signal))
}

const membersRead = ['plan_type', 'rate_limit', 'additional_rate_limits', 'credits'] as const

/** What is read here, and so may lie in a cache. The answer names the person as well, e-mail included. */
function withoutPerson(answer: JsonObject): JsonObject {
  return Object.fromEntries(membersRead.map((member) => [member, answer[member]]))
}

/** The path depends on the style of the base (protocol 9). */
function usageUrl(backendUrl: string): string {
  return backendUrl.includes('/backend-api') ? `${backendUrl}/wham/usage` : `${backendUrl}/api/codex/usage`
}

function toUsage({ answer, fetchedAtMs }: CachedAnswer, source: AnswerSource): Usage {
  const additional = answer['additional_rate_limits']
  const additionalLimits = Array.isArray(additional) ? additional.filter(isJsonObject) : []
  const planType = readString(answer, 'plan_type')
  const credits = toCredits(readObject(answer, 'credits'))
  return {
    ...(planType !== undefined && { planType }),
    windows: [
      ...toWindows('codex', readObject(answer, 'rate_limit')),
      ...additionalLimits.flatMap((entry) => toWindows(limitName(entry), readObject(entry, 'rate_limit'))),
    ],
    ...(credits && { credits }),
    source,
    fetchedAtMs,
  }
}

function limitName(entry: JsonObject): string {
  return readString(entry, 'limit_name') ?? readString(entry, 'metered_feature') ?? 'other'
}

function toWindows(limit: string, rateLimit: JsonObject | undefined): UsageWindow[] {
  return [readObject(rateLimit, 'primary_window'), readObject(rateLimit, 'secondary_window')]
    .filter((window) => window !== undefined)
    .map((window) => toWindow(limit, window))
    .toSorted((one, other) => (one.durationMs ?? 0) - (other.durationMs ?? 0))
}

function toWindow(limit: string, window: JsonObject): UsageWindow {
  const seconds = readNumber(window, 'limit_window_seconds')
  const resetAt = readNumber(window, 'reset_at')
  return {
    limit,
    usedPercent: readNumber(window, 'used_percent') ?? 0,
    ...(seconds !== undefined && seconds > 0 && { durationMs: seconds * 1000 }),
    ...(resetAt !== undefined && { resetsAtMs: resetAt * 1000 }),
  }
}

function toCredits(credits: JsonObject | undefined): Credits | undefined {
  if (!credits) return undefined
  const balance = credits['balance']
  return {
    hasCredits: credits['has_credits'] === true,
    isUnlimited: credits['unlimited'] === true,
    ...((typeof balance === 'string' || typeof balance === 'number') && { balance: String(balance) }),
  }
}
