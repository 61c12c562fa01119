import type { EmulatedAccount } from './accounts.js'
import type { BackendScenario } from './backend/scenario.js'
import type { Faults } from './faults.js'
import type { RequestCounters, RequestLogEntry } from './request-log.js'
import type { EmulatedSession } from './sessions.js'
import type { EmulatedClient } from './siwc/client-book.js'
import type { Clock } from '../core/index.js'

/** Options of {@link Emulator.listen}. */
export interface ListenOptions {
  /** 0, any free port, when not given. */
  readonly port?: number
  /** Also listens on https, with a certificate of an authority made for it. `hosts` are named besides the loopback ones. */
  readonly tls?: boolean | { readonly port?: number; readonly hosts?: readonly string[] }
  /** Serves `codex/responses` over websockets too (needs the package `ws`); refused with 426 when not given. */
  readonly webSocket?: boolean
}

/** An emulator on the loopback interface. */
export interface EmulatorListener {
  readonly issuer: string
  readonly backendUrl: string
  /** Where tokens of "Sign in with ChatGPT" are for. */
  readonly apiUrl: string
  /** There when `tls` was asked for. */
  readonly tls?: { readonly issuer: string; readonly backendUrl: string; readonly caPem: string }
  /** Closes the listeners and the connections that are open. */
  close(): Promise<void>
}

/** What a sign-in without the dance hands out. */
export interface IssuedTokens {
  readonly idToken: string
  readonly accessToken: string
  readonly refreshToken: string
  readonly account: EmulatedAccount
  readonly sessionId: string
  readonly expiresAtMs: number
}

/** Whose tokens {@link Emulator.issueTokens} issues: the Codex client's, and the last listener's, when not given. */
export interface IssueTokensOptions {
  readonly clientId?: string
  readonly issuer?: string
}

/** The stand-in for auth.openai.com and for the ChatGPT backend. */
export interface Emulator {
  /** Where to find it in-process, through its `fetch`; a listener has origins of its own, and tokens name the one that was asked. */
  readonly issuer: string
  readonly backendUrl: string
  /** Where tokens of "Sign in with ChatGPT" are for. */
  readonly apiUrl: string
  /** Answers in-process, without a port: hand it over wherever `globalThis.fetch` goes. */
  readonly fetch: typeof globalThis.fetch
  listen(options?: ListenOptions): Promise<EmulatorListener>
  /** A person says yes to a device code. False when no such code is waiting. */
  approve(userCode: string, account?: EmulatedAccount): boolean
  deny(userCode: string): boolean
  expire(userCode: string): boolean
  readonly sessions: readonly EmulatedSession[]
  /** The programs that people have registered by "Sign in with ChatGPT". */
  readonly clients: readonly EmulatedClient[]
  /** From now on the backend answers `token_expired` to every access token that exists, whatever its `exp` says. */
  expireAccessTokens(sessionId?: string): void
  /** From now on the issuer answers `refresh_token_expired` to every refresh token that exists. */
  expireRefreshTokens(sessionId?: string): void
  revokeSession(sessionId: string): boolean
  /** A signed-in session without the dance. */
  issueTokens(account?: EmulatedAccount, options?: IssueTokensOptions): Promise<IssuedTokens>
  /** A token that starts with `at-`, as `codex login --with-access-token` takes it. */
  issuePersonalAccessToken(account?: EmulatedAccount): string
  /** What the backend has in store; change its members at any time. */
  readonly scenario: BackendScenario
  readonly faults: Faults
  readonly log: readonly RequestLogEntry[]
  readonly counters: RequestCounters
  clearLog(): void
  readonly clock: Clock
  /** Who may sign in, in the order of the pages. */
  readonly accounts: readonly EmulatedAccount[]
}
