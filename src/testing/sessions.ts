import { randomBytes, randomUUID } from 'node:crypto'
import type { Clock } from '../core/index.js'
import type { EmulatedAccount } from './accounts.js'
import type { ReuseMode } from './options.js'

/** One sign-in of one account: what its refresh tokens descend from. */
export interface EmulatedSession {
  readonly id: string
  readonly account: EmulatedAccount
  readonly clientId: string
  readonly scope: string
  readonly startedAtMs: number
  readonly state: 'live' | 'revoked'
}

/** What a token endpoint learns about a refresh token; only `ok` spends it. */
export type SpendResult =
  | { readonly outcome: 'ok'; readonly session: EmulatedSession }
  | { readonly outcome: 'reused' | 'expired' | 'revoked' | 'unknown' }

/** What a backend learns about a bearer token. */
export type AccessResult =
  | { readonly outcome: 'ok'; readonly session: EmulatedSession }
  | { readonly outcome: 'expired' | 'revoked' | 'unknown' }

/** Sessions and their tokens: data and transitions, no HTTP. Every transition is one synchronous step, so none can be half done. */
export interface SessionBook {
  readonly all: readonly EmulatedSession[]
  start(start: { account: EmulatedAccount; clientId: string; scope: string }): EmulatedSession
  isLive(sessionId: string): boolean
  addRefreshToken(session: EmulatedSession): string
  addAccessToken(session: EmulatedSession, token: string, expiresAtMs: number): void
  addPersonalAccessToken(account: EmulatedAccount): string
  spend(refreshToken: string, clientId: string): SpendResult
  access(token: string): AccessResult
  /** Kills the session the token, of either kind, belongs to. Unknown tokens are no error (RFC 7009 2.2). */
  revokeToken(token: string): boolean
  revoke(sessionId: string): boolean
  /** What becomes of a session one of whose codes or tokens was used twice; `soft` lets it live. */
  endAfterReuse(sessionId: string): void
  /** Lets every token of this kind that exists by now, of this session or of all, count as expired. */
  expire(kind: 'access' | 'refresh', sessionId?: string): void
}

interface TokenRecord {
  readonly session: EmulatedSession & { state: 'live' | 'revoked' }
  expiresAtMs: number
  spentAtMs?: number
}

export interface SessionRules {
  readonly clock: Clock
  readonly refreshTokenMs: number
  readonly reuse: ReuseMode
  readonly reuseGraceMs: number
}

export function createSessionBook({ clock, refreshTokenMs, reuse, reuseGraceMs }: SessionRules): SessionBook {
  const sessions = new Map<string, EmulatedSession & { state: 'live' | 'revoked' }>()
  const refreshTokens = new Map<string, TokenRecord>()
  const accessTokens = new Map<string, TokenRecord>()

  const start: SessionBook['start'] = ({ account, clientId, scope }) => {
    const session = { id: randomUUID(), account, clientId, scope, startedAtMs: clock.now(), state: 'live' as const }
    sessions.set(session.id, session)
    return session
  }
  const record = (tokens: Map<string, TokenRecord>, token: string, sessionId: string, expiresAtMs: number) => {
    const session = sessions.get(sessionId)
    if (session === undefined) throw new TypeError(`There is no session ${sessionId}.`)
    tokens.set(token, { session, expiresAtMs })
    return token
  }
  const revoke = (sessionId: string) => {
    const session = sessions.get(sessionId)
    if (session === undefined) return false
    session.state = 'revoked'
    return true
  }
  const endAfterReuse = (sessionId: string) => {
    if (reuse !== 'soft') revoke(sessionId)
  }
  const spentAgain = (token: TokenRecord, spentAtMs: number): SpendResult => {
    if (reuse === 'grace' && clock.now() < spentAtMs + reuseGraceMs) return { outcome: 'ok', session: token.session }
    endAfterReuse(token.session.id)
    return { outcome: 'reused' }
  }

  return {
    get all() {
      return [...sessions.values()]
    },
    start,
    isLive: (sessionId) => sessions.get(sessionId)?.state === 'live',
    addRefreshToken: (session) =>
      record(refreshTokens, `rt_${randomToken()}`, session.id, clock.now() + refreshTokenMs),
    addAccessToken: (session, token, expiresAtMs) => void record(accessTokens, token, session.id, expiresAtMs),
    addPersonalAccessToken: (account) =>
      record(accessTokens, `at-${randomToken()}`, start({ account, clientId: 'personal', scope: '' }).id, Infinity),
    spend(refreshToken, clientId) {
      const token = refreshTokens.get(refreshToken)
      if (token === undefined || token.session.clientId !== clientId) return { outcome: 'unknown' }
      if (token.session.state === 'revoked') return { outcome: 'revoked' }
      if (token.spentAtMs !== undefined) return spentAgain(token, token.spentAtMs)
      if (clock.now() >= token.expiresAtMs) return { outcome: 'expired' }
      token.spentAtMs = clock.now()
      return { outcome: 'ok', session: token.session }
    },
    access(text) {
      const token = accessTokens.get(text)
      if (token === undefined) return { outcome: 'unknown' }
      if (token.session.state === 'revoked') return { outcome: 'revoked' }
      if (clock.now() >= token.expiresAtMs) return { outcome: 'expired' }
      return { outcome: 'ok', session: token.session }
    },
    revokeToken(text) {
      const token = refreshTokens.get(text) ?? accessTokens.get(text)
      return token !== undefined && revoke(token.session.id)
    },
    revoke,
    endAfterReuse,
    expire(kind, sessionId) {
      const tokens = kind === 'access' ? accessTokens : refreshTokens
      for (const token of tokens.values())
        if (sessionId === undefined || token.session.id === sessionId) token.expiresAtMs = clock.now()
    },
  }
}

/** 256 bits, as unguessable as the real ones. */
export function randomToken(): string {
  return randomBytes(32).toString('base64url')
}
