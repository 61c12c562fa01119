import { AuthError, type JsonObject, type Provider } from '../core/index.js'
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
import { isPassing, readThrough, type CachedAnswer } from './cache.js'
import { readCatalogue, withoutInstructions, type Model } from './model-catalogue.js'
import { fallbackAtMs, fallbackModels } from './model-fallback.js'
import { toUpstreamError } from './upstream-error.js'

/** The models on offer, and how fresh this list is. */
export interface ModelList extends Freshness {
  readonly models: readonly Model[]
  /** `fallback` is the list that came with this package: it says nothing about the account, and `fetchedAtMs` is its own date. */
  readonly source: AnswerSource | 'fallback'
}

/** How the models are read. */
export interface ModelOptions extends ReadOptions {
  /** The catalogue is gated by it: new models appear to new clients only. Default: the Codex version this package was checked against. */
  readonly clientVersion?: string | undefined
  /**
   * Gives the list that came with this package when the backend is out of order and nothing is cached. Off unless asked for: a list that is not
   * the account's own must not pass for it. Never used in the place of an error of the sign-in.
   */
  readonly fallback?: boolean | undefined
}

/** The release of the Codex client whose protocol this package implements. */
export const checkedCodexVersion = '0.169.0'

const freshForMs = 5 * 60 * 1000

/**
 * The models on offer, best first, hidden ones left out. Asks at most every five minutes, and then only whether anything changed; when that fails
 * in passing, the last list has to do, and `failure` says why. Never refreshes the token.
 *
 * @throws AuthError `ERR_TOKEN_EXPIRED`, `ERR_SIGN_IN_REQUIRED`, `ERR_UPSTREAM_*`, `ERR_NETWORK_*`
 */
export async function readModels(session: BackendSession, options: ModelOptions = {}): Promise<ModelList> {
  const { cache, force, clientVersion: version = checkedCodexVersion } = options
  const key = await cacheKey(session, version)
  const nowMs = nowOf(options)
  const wanted = { cache, name: cacheName(version), key, freshForMs, force, nowMs }
  try {
    const { found, source, failure } = await readThrough(wanted, (old) =>
      fetchCatalogue({ session, version, key, old, options }),
    )
    return { models: readCatalogue(found.answer) ?? [], source, ...toFreshness(found.fetchedAtMs, nowMs, failure) }
  } catch (error) {
    if (!options.fallback || !isPassing(error)) throw error
    return { models: fallbackModels, source: 'fallback', ...toFreshness(fallbackAtMs, nowMs, error) }
  }
}

/** A place for each version, so that two programs over one profile do not overwrite each other's ETag. */
function cacheName(version: string): string {
  return version === checkedCodexVersion ? 'models' : `models-${version.replaceAll(/[^\w.-]/g, '_').slice(0, 40)}`
}

interface CatalogueRequest {
  readonly session: BackendSession
  readonly version: string
  readonly key: string
  readonly old: CachedAnswer | undefined
  readonly options: ModelOptions
}

/** Only the Codex backend is told a version: elsewhere it would be another client's (siwc 6.2). */
function modelsUrl({ ways, backendUrl }: Provider, version: string): string {
  if (ways) return backendUrl + ways.paths.models
  return `${backendUrl}/codex/models?client_version=${encodeURIComponent(version)}`
}

async function fetchCatalogue({ session, version, key, old, options }: CatalogueRequest): Promise<CachedAnswer> {
  const url = modelsUrl(session.provider, version)
  const headers: Record<string, string> = old?.etag === undefined ? {} : { 'if-none-match': old.etag }
  const response = await session.readOnlyFetch(url, { headers, ...(options.signal && { signal: options.signal }) })
  const fetchedAtMs = nowOf(options)
  if (response.status === 304 && old) return { ...old, fetchedAtMs }
  if (!response.ok) throw await toUpstreamError(response, fetchedAtMs)
  const etag = response.headers.get('etag')
  const answer = parseCatalogue(await readJson(response, 'the models', options.signal))
  return { key, fetchedAtMs, answer, ...(etag !== null && { etag }) }
}

function parseCatalogue(answer: JsonObject): JsonObject {
  if (readCatalogue(answer)) return withoutInstructions(answer)
  throw new AuthError('ERR_UPSTREAM_BAD_RESPONSE', 'The answer with the models has no list in it.')
}
