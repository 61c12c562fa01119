import { AuthError, isJsonObject, readNumber, readString, type JsonObject } from '../core/index.js'
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

/** A model that the signed-in account can use. */
export interface Model {
  readonly id: string
  readonly name: string
  readonly description?: string
  /** In tokens. What the plan gives, which may differ from the API's. */
  readonly contextWindow?: number
  readonly reasoningLevels: readonly string[]
  readonly defaultReasoningLevel?: string
}

/** The models on offer, and how fresh this list is. */
export interface ModelList {
  readonly models: readonly Model[]
  readonly source: AnswerSource
  /** Milliseconds since the epoch. */
  readonly fetchedAtMs: number
}

/** How the models are read. */
export interface ModelOptions extends ReadOptions {
  /** The catalogue is gated by it: new models appear to new clients only. Default: the Codex version this package was checked against. */
  readonly clientVersion?: string | undefined
}

/** The release of the Codex client whose protocol this package implements. */
export const checkedCodexVersion = '0.169.0'

const freshForMs = 5 * 60 * 1000

/**
 * The models on offer, best first, hidden ones left out. Asks at most every five minutes, and then only whether anything changed. Never
 * refreshes the token.
 *
 * @throws AuthError `ERR_TOKEN_EXPIRED`, `ERR_SIGN_IN_REQUIRED`, `ERR_UPSTREAM_*`, `ERR_NETWORK_*`
 */
export async function readModels(session: BackendSession, options: ModelOptions = {}): Promise<ModelList> {
  const version = options.clientVersion ?? checkedCodexVersion
  const key = await cacheKey(session, version)
  const cached = await readCachedAnswer(options.cache, 'models', key)
  if (cached && !options.force && isFresh(cached, nowOf(options), freshForMs)) return toModelList(cached, 'cache')
  const fetched = await fetchCatalogue(session, version, key, cached, options)
  const list = toModelList(fetched, 'network')
  await writeCachedAnswer(options.cache, 'models', fetched)
  return list
}

async function fetchCatalogue(
  session: BackendSession,
  version: string,
  key: string,
  cached: CachedAnswer | undefined,
  options: ModelOptions,
): Promise<CachedAnswer> {
  const url = `${session.provider.backendUrl}/codex/models?client_version=${encodeURIComponent(version)}`
  const headers: Record<string, string> = cached?.etag === undefined ? {} : { 'if-none-match': cached.etag }
  const response = await session.readOnlyFetch(url, { headers, ...(options.signal && { signal: options.signal }) })
  const fetchedAtMs = nowOf(options)
  if (response.status === 304 && cached) return { ...cached, fetchedAtMs }
  if (!response.ok) throw await toUpstreamError(response, fetchedAtMs)
  const etag = response.headers.get('etag')
  const answer = await readJson(response, 'the models', options.signal)
  return { key, fetchedAtMs, answer, ...(etag !== null && { etag }) }
}

function toModelList({ answer, fetchedAtMs }: CachedAnswer, source: AnswerSource): ModelList {
  const entries = answer['models']
  if (!Array.isArray(entries)) {
    throw new AuthError('ERR_UPSTREAM_BAD_RESPONSE', 'The answer with the models has no list in it.')
  }
  const models = entries
    .filter(isJsonObject)
    .filter((entry) => readString(entry, 'visibility') !== 'hide' && readString(entry, 'slug'))
    .toSorted((one, other) => priorityOf(one) - priorityOf(other))
    .map(toModel)
  return { models, source, fetchedAtMs }
}

function priorityOf(entry: JsonObject): number {
  return readNumber(entry, 'priority') ?? Number.MAX_SAFE_INTEGER
}

function toModel(entry: JsonObject): Model {
  const id = readString(entry, 'slug') ?? ''
  const description = readString(entry, 'description')
  const contextWindow = readNumber(entry, 'context_window')
  const defaultReasoningLevel = readString(entry, 'default_reasoning_level')
  return {
    id,
    name: readString(entry, 'display_name') ?? id,
    ...(description && { description }),
    ...(contextWindow !== undefined && { contextWindow }),
    reasoningLevels: toReasoningLevels(entry['supported_reasoning_levels']),
    ...(defaultReasoningLevel !== undefined && { defaultReasoningLevel }),
  }
}

/** Entries are `{ effort, description }`; older catalogues listed the plain words. */
function toReasoningLevels(levels: JsonObject[string]): string[] {
  if (!Array.isArray(levels)) return []
  return levels
    .map((level) => (isJsonObject(level) ? readString(level, 'effort') : level))
    .filter((level) => typeof level === 'string')
}
