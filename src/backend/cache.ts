import { parseJsonObject, readNumber, readObject, readString, type JsonObject } from '../core/index.js'

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

/** The cached answer under `name`, if it was for the same `key`. */
export async function readCachedAnswer(
  cache: AnswerCache | undefined,
  name: string,
  key: string,
): Promise<CachedAnswer | undefined> {
  const stored = parseJsonObject((await cache?.read(name)) ?? '')
  const fetchedAtMs = readNumber(stored, 'fetchedAtMs')
  const answer = readObject(stored, 'answer')
  if (fetchedAtMs === undefined || !answer || readString(stored, 'key') !== key) return undefined
  const etag = readString(stored, 'etag')
  return { key, fetchedAtMs, answer, ...(etag !== undefined && { etag }) }
}

/** Whether the answer is younger than `freshForMs`. One from the future is not: the clock has been put right since. */
export function isFresh(cached: CachedAnswer, nowMs: number, freshForMs: number): boolean {
  const ageMs = nowMs - cached.fetchedAtMs
  return ageMs >= 0 && ageMs < freshForMs
}

/** Puts the answer under `name`, in the place of an older one. */
export async function writeCachedAnswer(
  cache: AnswerCache | undefined,
  name: string,
  cached: CachedAnswer,
): Promise<void> {
  await cache?.write(name, JSON.stringify(cached))
}
