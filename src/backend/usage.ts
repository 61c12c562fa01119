import { AuthError, type JsonObject } from '../core/index.js'
import {
  cacheKey,
  nowOf,
  readJson,
  toFreshness,
  type AnswerSource,
  type BackendSession,
  type Freshness,
  type ReadOptions,
} from './backend-request.js'
import { readThrough } from './cache.js'
import { parseUsageLimits, type Limits } from './limits.js'
import { toUpstreamError } from './upstream-error.js'
import { recordUsage, type UsageHistory } from './usage-history.js'

/** How much of a plan is used, and how fresh that is. */
export interface Usage extends Limits, Freshness {
  readonly source: AnswerSource
}

/** How the usage is read. */
export interface UsageOptions extends ReadOptions {
  /** Where every new answer leaves its mark, for `readUsageHistory`. */
  readonly history?: UsageHistory | undefined
}

const freshForMs = 60 * 1000

/**
 * What of the plan is used. Asks at most once a minute; when that fails in passing, the last answer has to do, and `failure` says why. Never
 * refreshes the token.
 *
 * @throws AuthError `ERR_TOKEN_EXPIRED`, `ERR_SIGN_IN_REQUIRED`, `ERR_UPSTREAM_*`, `ERR_NETWORK_*`
 */
export async function readUsage(session: BackendSession, options: UsageOptions = {}): Promise<Usage> {
  const { cache, force, history } = options
  const key = await cacheKey(session)
  const nowMs = nowOf(options)
  const wanted = { cache, name: 'usage', key, freshForMs, force, nowMs }
  const { found, source, failure } = await readThrough(wanted, async () => ({
    key,
    fetchedAtMs: nowMs,
    answer: await fetchUsage(session, options),
  }))
  const limits = parseUsageLimits(found.answer, found.fetchedAtMs)
  if (source === 'network') await recordUsage(history, key, { atMs: nowMs, windows: limits.windows })
  return { ...limits, source, ...toFreshness(found.fetchedAtMs, nowMs, failure) }
}

async function fetchUsage(session: BackendSession, options: ReadOptions): Promise<JsonObject> {
  if (session.provider.ways) throw notTold()
  const response = await session.readOnlyFetch(usageUrl(session.provider.backendUrl), {
    ...(options.signal && { signal: options.signal }),
  })
  if (!response.ok) throw await toUpstreamError(response, nowOf(options))
  return withoutPerson(await readJson(response, 'the usage', options.signal))
}

function notTold(): AuthError {
  return new AuthError(
    'ERR_UPSTREAM_BAD_REQUEST',
    'This provider tells programs nothing about usage; nothing was sent.',
    {
      advice: 'See https://chatgpt.com/settings/usage.',
    },
  )
}

const membersRead = ['plan_type', 'rate_limit', 'additional_rate_limits', 'credits', 'rate_limit_reached_type'] as const

/** What is read here, and so may lie in a cache. The answer names the person as well, e-mail included. */
function withoutPerson(answer: JsonObject): JsonObject {
  return Object.fromEntries(membersRead.map((member) => [member, answer[member]]))
}

/** The path depends on the style of the base (protocol 9). */
function usageUrl(backendUrl: string): string {
  return backendUrl.includes('/backend-api') ? `${backendUrl}/wham/usage` : `${backendUrl}/api/codex/usage`
}
