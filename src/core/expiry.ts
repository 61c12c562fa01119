import type { ChatgptCredential } from './credential.js'
import type { RefreshReason } from './oauth/refresh.js'

/** How long before its end an access token is refreshed (protocol 5.1). */
export const defaultRefreshWindowMs = 5 * 60 * 1000

/** How old an opaque access token, which does not tell its end, may get (protocol 5.1). */
const opaqueTokenAgeMs = 8 * 24 * 60 * 60 * 1000

/**
 * Why `credential` is due for a refresh, or `undefined` when it is not. Only the access token's own end counts, where it is known.
 *
 * @param windowMs How long before its end a token is due.
 */
export function dueReason(
  credential: ChatgptCredential,
  nowMs: number,
  windowMs: number = defaultRefreshWindowMs,
): RefreshReason | undefined {
  const { expiresAtMs, lastRefreshMs } = credential
  if (expiresAtMs !== undefined)
    return expiresAtMs <= nowMs + usableWindow(credential, windowMs) ? 'proactive_expiry' : undefined
  const isOld = lastRefreshMs !== undefined && lastRefreshMs + opaqueTokenAgeMs < nowMs
  return isOld ? 'scheduled' : undefined
}

/** A token that lives shorter than two windows is refreshed at half its life: else it would be due as soon as it is there. */
function usableWindow({ expiresAtMs, issuedAtMs }: ChatgptCredential, windowMs: number): number {
  if (expiresAtMs === undefined || issuedAtMs === undefined || issuedAtMs >= expiresAtMs) return windowMs
  return Math.min(windowMs, (expiresAtMs - issuedAtMs) / 2)
}

/** True once the access token has ended by its own word; an opaque one never says so. */
export function isExpired(credential: ChatgptCredential, nowMs: number): boolean {
  return credential.expiresAtMs !== undefined && credential.expiresAtMs <= nowMs
}
