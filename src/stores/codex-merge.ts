import { parseJsonObject, Secret, serializeAuthFile } from '../core/index.js'
import type { ChatgptCredential, Credential } from '../core/index.js'
import { editJson } from './edit-json.js'

/** A decision to write, and what lies there now that it is to be carried out: the Codex CLI may have written meanwhile. */
export interface PendingWrite {
  /** What the decision was made on. */
  readonly base: Credential | undefined
  readonly next: ChatgptCredential
  /** `next` came from spending the refresh token of `base`. */
  readonly isRotation: boolean
}

/**
 * True when what lies there now stays, and `next` is not written (docs/decisions/0011).
 *
 * A rotation carries on what it was made from, so everything newer than that has the last word: a sign-in, a sign-out, or a rotation that the
 * server granted as well. A sign-in gives way to nothing but a later one.
 */
export function isOutdated({ base, next, isRotation }: PendingWrite, now: Credential | undefined): boolean {
  if (now?.mode !== 'chatgpt') return isRotation
  const basis = base?.mode === 'chatgpt' ? base : undefined
  if (basis && isSameToken(basis, now)) return false
  return !isOlder(now, isRotation ? basis : next)
}

function isSameToken(one: ChatgptCredential, other: ChatgptCredential): boolean {
  return one.refreshToken ? one.refreshToken.equals(other.refreshToken) : one.accessToken.equals(other.accessToken)
}

/** An old copy that somebody put back. In doubt it is none. */
function isOlder(one: ChatgptCredential, other: ChatgptCredential | undefined): boolean {
  const [oneMs, otherMs] = [obtainedMs(one), other && obtainedMs(other)]
  return oneMs !== undefined && otherMs !== undefined && oneMs < otherMs
}

/** The CLI writes `last_refresh` whenever it writes tokens. */
function obtainedMs({ lastRefreshMs, issuedAtMs }: ChatgptCredential): number | undefined {
  return lastRefreshMs ?? issuedAtMs
}

/** The text of `next`, with every byte of `text` that it need not change. */
export function toSharedText(next: ChatgptCredential, text: string | undefined): string {
  if (text === undefined) return serializeAuthFile(next)
  const document = next.document ?? new Secret(text)
  return editJson(text, parseJsonObject(serializeAuthFile({ ...next, document })) ?? {})
}
