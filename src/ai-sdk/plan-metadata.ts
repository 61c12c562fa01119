import { parseLimitHeaders } from '../backend/index.js'
import { parseJsonObject, type JsonObject } from '../core/index.js'

/**
 * What `providerMetadata.planpass` says: the plan's `limits` as the answer told them (see `Limits` of `planpass/backend`), and the members of the
 * request that the backend does not take and that were left out (`dropped`).
 */
export function toPlanMetadata(headers: Record<string, string> = {}, nowMs: number): JsonObject {
  const limits = parseLimitHeaders(new Headers(headers), nowMs)
  const dropped = headers['x-planpass-dropped']?.split(', ').map(decodeName) ?? []
  return { ...(limits && { limits: parseJsonObject(JSON.stringify(limits)) }), dropped }
}

/** The end of a long list is cut, within a name or within one of its characters. */
function decodeName(name: string): string {
  try {
    return decodeURI(name)
  } catch {
    return name
  }
}
