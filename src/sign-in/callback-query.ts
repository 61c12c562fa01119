import { createHash, timingSafeEqual } from 'node:crypto'
import { isAuthError, Secret, type AuthError, type AuthorizationAttempt } from '../core/index.js'
import { noCodeError, toAuthorizationError } from './callback-failures.js'

/** What the authorization server says to this attempt: the person's yes, or why there is none. */
export type CallbackDecision =
  | { readonly kind: 'approved'; readonly code: Secret }
  | { readonly kind: 'refused'; readonly error: AuthError }

/** What the address says that a browser came back with. */
export type CallbackReading =
  | CallbackDecision
  /** From another attempt, or from nobody: nothing in it is looked at. */
  | { readonly kind: 'mismatch' }
  /** Says something twice. Which of the two is meant is not for us to guess. */
  | { readonly kind: 'ambiguous' }

const onceOnly = ['code', 'error', 'error_description']

/** Reads the query of a callback. The state comes before anything else (RFC 6749 10.12, protocol 2.4). */
export function readCallbackQuery(
  query: URLSearchParams,
  state: string,
  receive?: AuthorizationAttempt['receive'],
): CallbackReading {
  const states = query.getAll('state')
  if (states.length !== 1 || !isSame(states[0] ?? '', state)) return { kind: 'mismatch' }
  if (onceOnly.some((name) => query.getAll(name).length > 1)) return { kind: 'ambiguous' }
  const error = query.get('error')
  if (error !== null) return { kind: 'refused', error: toAuthorizationError(error, query.get('error_description')) }
  const code = query.get('code')
  if (!code) return { kind: 'refused', error: noCodeError() }
  try {
    receive?.(query)
  } catch (refusal) {
    if (isAuthError(refusal)) return { kind: 'refused', error: refusal }
    throw refusal
  }
  return { kind: 'approved', code: new Secret(code) }
}

/** Compared as digests, in a time that tells nothing. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
