import { AuthError, parseJsonObject, readText, systemClock } from '../core/index.js'
import type { Clock, JsonObject, Session } from '../core/index.js'
import type { AnswerCache } from './cache.js'

/** What reading from the backend needs of a session. */
export interface BackendSession extends Pick<Session, 'provider' | 'fetch' | 'readOnlyFetch'> {
  status(): Promise<{ readonly accountId?: string }>
}

export interface ReadOptions {
  /** Asks the backend even when a cached answer is fresh. */
  readonly force?: boolean | undefined
  readonly cache?: AnswerCache | undefined
  readonly clock?: Clock | undefined
  readonly signal?: AbortSignal | undefined
}

/** Where an answer came from. */
export type AnswerSource = 'network' | 'cache'

export function nowOf(options: ReadOptions): number {
  return (options.clock ?? systemClock).now()
}

/** Whom answers belong to: a cache must not show one account's answers to another. */
export async function cacheKey(session: BackendSession, ...parts: string[]): Promise<string> {
  const { accountId } = await session.status()
  return [session.provider.backendUrl, accountId ?? '', ...parts].join(' ')
}

/** @throws AuthError `ERR_UPSTREAM_BAD_RESPONSE`, `ERR_NETWORK_*` */
export async function readJson(response: Response, what: string): Promise<JsonObject> {
  const json = parseJsonObject(await readText(response))
  if (!json) throw new AuthError('ERR_UPSTREAM_BAD_RESPONSE', `The answer with ${what} is not a JSON object.`)
  return json
}
