import { AuthError, parseJsonObject, readText, systemClock } from '../core/index.js'
import type { Clock, JsonObject, Session } from '../core/index.js'
import type { AnswerCache } from './cache.js'

/** What reading from the backend needs of a session. */
export interface BackendSession extends Pick<Session, 'provider' | 'fetch' | 'readOnlyFetch'> {
  status(): Promise<{ readonly accountId?: string; readonly userId?: string }>
}

/** How models and usage are read. */
export interface ReadOptions {
  /** Asks the backend even when a cached answer is fresh. */
  readonly force?: boolean | undefined
  readonly cache?: AnswerCache | undefined
  readonly clock?: Clock | undefined
  readonly signal?: AbortSignal | undefined
}

/** Where an answer came from: asked for now, or kept from before. */
export type AnswerSource = 'network' | 'cache'

/** How fresh an answer is, told honestly. */
export interface Freshness {
  /** Milliseconds since the epoch. */
  readonly fetchedAtMs: number
  readonly ageMs: number
  /** Why an old answer has to do: asking for a new one failed, in a way that passes. */
  readonly failure?: AuthError
}

/** Milliseconds since the epoch, on the caller's clock. */
export function nowOf(options: ReadOptions): number {
  return (options.clock ?? systemClock).now()
}

/** @param fetchedAtMs On the caller's clock, which may have been put back since: nothing is younger than new. */
export function toFreshness(fetchedAtMs: number, nowMs: number, failure?: AuthError): Freshness {
  return { fetchedAtMs, ageMs: Math.max(0, nowMs - fetchedAtMs), ...(failure && { failure }) }
}

/** Whom answers belong to: a cache must not show one person's answers to another, not even within one workspace. */
export async function cacheKey(session: BackendSession, ...parts: string[]): Promise<string> {
  const { accountId = '', userId = '' } = await session.status()
  return [session.provider.backendUrl, accountId, userId, ...parts].join(' ')
}

/**
 * The JSON object of an answer.
 *
 * @param what What the answer is about, as its error names it: `the models`.
 * @param signal What the request was sent with.
 * @throws AuthError `ERR_UPSTREAM_BAD_RESPONSE`, `ERR_NETWORK_*`
 */
export async function readJson(response: Response, what: string, signal?: AbortSignal): Promise<JsonObject> {
  const text = await readText(response, signal)
  const json = parseJsonObject(text)
  if (json) return json
  const found = /^\s*</.test(text)
    ? `In the place of ${what} came a web page, as of a network’s sign-in or of another server`
    : `The answer with ${what} is not a JSON object`
  throw new AuthError('ERR_UPSTREAM_BAD_RESPONSE', `${found}.`)
}
