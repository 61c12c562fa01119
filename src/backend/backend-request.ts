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

/** Where an answer came from. */
export type AnswerSource = 'network' | 'cache'

/** Milliseconds since the epoch, on the caller's clock. */
export function nowOf(options: ReadOptions): number {
  return (options.clock ?? systemClock).now()
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
  const json = parseJsonObject(await readText(response, signal))
  if (!json) throw new AuthError('ERR_UPSTREAM_BAD_RESPONSE', `The answer with ${what} is not a JSON object.`)
  return json
}
