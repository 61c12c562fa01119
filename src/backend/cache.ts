import {
  isAuthError,
  parseJsonObject,
  readNumber,
  readObject,
  readString,
  type AuthError,
  type JsonObject,
} from '../core/index.js'

/** Where answers of the backend may be kept between calls. Holds no credential, and may forget at any time. */
export interface AnswerCache {
  read(name: string): Promise<string | undefined>
  write(name: string, text: string): Promise<void>
}

/** An answer as it was fetched, with what decides whether it may be used again. */
export interface CachedAnswer {
  /** Whom and what the answer is for: person, workspace, backend, version. */
  readonly key: string
  readonly fetchedAtMs: number
  readonly etag?: string
  readonly answer: JsonObject
}

/** Which answer is wanted, and how old it may be. */
export interface WantedAnswer {
  readonly cache: AnswerCache | undefined
  /** Under which the cache keeps it. */
  readonly name: string
  readonly key: string
  readonly freshForMs: number
  readonly force: boolean | undefined
  readonly nowMs: number
}

/** An answer, and how it was come by. */
export interface FoundAnswer {
  readonly found: CachedAnswer
  readonly source: 'network' | 'cache'
  /** Why an answer that is no longer fresh has to do. */
  readonly failure?: AuthError
}

/**
 * The cached answer while it is fresh, else a new one; the old one again when asking fails in passing (RFC 5861 4). A failure that somebody has
 * to do something about is never covered up.
 *
 * @param fetchAnswer Is given the old answer, to ask only whether it has changed.
 */
export async function readThrough(
  wanted: WantedAnswer,
  fetchAnswer: (old: CachedAnswer | undefined) => Promise<CachedAnswer>,
): Promise<FoundAnswer> {
  const old = await readCachedAnswer(wanted)
  if (old && !wanted.force && isFresh(old, wanted)) return { found: old, source: 'cache' }
  let fetched: CachedAnswer
  try {
    fetched = await fetchAnswer(old)
  } catch (error) {
    if (old && isPassing(error)) return { found: old, source: 'cache', failure: error }
    throw error
  }
  await wanted.cache?.write(wanted.name, JSON.stringify(fetched))
  return { found: fetched, source: 'network' }
}

/** Whether the backend, or the way to it, is out of order for now; whatever is wrong with the sign-in or the configuration is not. */
export function isPassing(error: unknown): error is AuthError {
  return isAuthError(error) && error.retryable && /^ERR_(NETWORK|UPSTREAM)_/.test(error.code)
}

async function readCachedAnswer({ cache, name, key }: WantedAnswer): Promise<CachedAnswer | undefined> {
  const stored = parseJsonObject((await cache?.read(name)) ?? '')
  const fetchedAtMs = readNumber(stored, 'fetchedAtMs')
  const answer = readObject(stored, 'answer')
  if (fetchedAtMs === undefined || !answer || readString(stored, 'key') !== key) return undefined
  const etag = readString(stored, 'etag')
  return { key, fetchedAtMs, answer, ...(etag !== undefined && { etag }) }
}

/** One from the future is not: the clock has been put right since. */
function isFresh({ fetchedAtMs }: CachedAnswer, { nowMs, freshForMs }: WantedAnswer): boolean {
  const ageMs = nowMs - fetchedAtMs
  return ageMs >= 0 && ageMs < freshForMs
}
