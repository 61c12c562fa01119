import { createHash } from 'node:crypto'
import type { Clock } from '../core/index.js'
import type { EmulatedAccount } from './accounts.js'
import { randomToken } from './sessions.js'

/** What an authorization code stands for until it is redeemed. */
export interface CodeGrant {
  readonly account: EmulatedAccount
  readonly clientId: string
  readonly scope: string
  /** Byte for byte what the exchange must repeat; `undefined` for the issuer's own `/deviceauth/callback` (protocol 3.3). */
  readonly redirectUri: string | undefined
  /** Missing only when the `pkce-required` rule is off. */
  readonly codeChallenge: string | undefined
  readonly nonce: string | undefined
}

/** Authorization codes on their way to a session: data and transitions, no HTTP. */
export interface CodeBook {
  add(grant: CodeGrant): string
  /** A code is good for one try, whatever comes of it (RFC 6749 4.1.2). */
  take(code: string): CodeGrant | undefined
  /** Remembers which session a code has made. */
  bind(code: string, sessionId: string): void
  sessionOf(code: string): string | undefined
}

export function createCodeBook(clock: Clock, lifetimeMs: number): CodeBook {
  const codes = new Map<string, { readonly grant: CodeGrant; readonly expiresAtMs: number }>()
  const sessions = new Map<string, string>()
  return {
    add(grant) {
      const code = `ac_${randomToken()}`
      codes.set(code, { grant, expiresAtMs: clock.now() + lifetimeMs })
      return code
    },
    take(code) {
      const entry = codes.get(code)
      codes.delete(code)
      return entry !== undefined && clock.now() < entry.expiresAtMs ? entry.grant : undefined
    },
    bind: (code, sessionId) => void sessions.set(code, sessionId),
    sessionOf: (code) => sessions.get(code),
  }
}

/** RFC 7636 4.2, the S256 method. */
export function toCodeChallenge(codeVerifier: string): string {
  return createHash('sha256').update(codeVerifier).digest('base64url')
}
