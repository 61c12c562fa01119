import type { Clock } from '../core/index.js'
import type { EmulatedAccount } from './accounts.js'
import type { BackendScenario } from './backend/scenario.js'
import type { RuleName } from './rules.js'
import type { SigningKey } from './signing-key.js'

/** How long what the issuer hands out stays good, in milliseconds. */
export interface Lifetimes {
  /** 1 hour. Under five minutes only with `allowShortAccessTokens`: the real Codex CLI refreshes without pause then. */
  readonly accessTokenMs: number
  /** 1 hour. */
  readonly idTokenMs: number
  /** 30 days, counted from the day it was issued. */
  readonly refreshTokenMs: number
  /** 10 minutes. */
  readonly authorizationCodeMs: number
  /** 15 minutes. */
  readonly deviceCodeMs: number
}

/**
 * What a spent refresh token gets:
 * - `strict`: `refresh_token_reused`, and everything of its session dies, access tokens too;
 * - `soft`: `refresh_token_reused`, and the session lives;
 * - `grace`: new tokens for `reuseGraceMs` after it was spent, then as `strict`.
 */
export type ReuseMode = 'strict' | 'soft' | 'grace'

/** Options of {@link createEmulator}; all have a default. */
export interface EmulatorOptions {
  /** Who may sign in; the first one does when nobody is named. */
  readonly accounts?: readonly EmulatedAccount[]
  readonly clock?: Clock
  /** What the backend has in store; what is not given is as in `defaultScenario`. */
  readonly scenario?: Partial<BackendScenario>
  readonly rulesOff?: readonly RuleName[]
  readonly lifetimes?: Partial<Lifetimes>
  readonly allowShortAccessTokens?: boolean
  /** `strict` when not given. */
  readonly reuse?: ReuseMode
  /** 10 seconds when not given. */
  readonly reuseGraceMs?: number
  /** The HTTP status a device poll gets while nobody has decided; 403 when not given. */
  readonly devicePendingStatus?: 403 | 404
  /** Seconds between device polls; 5 when not given. */
  readonly deviceIntervalSeconds?: number
  /** Device codes and the consent page of `/oauth/authorize` are approved at once, for the first account that is allowed. */
  readonly autoApprove?: boolean
  /** Redirect URIs that are registered besides those of the Codex client. */
  readonly redirectUris?: readonly string[]
  /** Whose endpoints the discovery document names: the Codex client's, or those of "Sign in with ChatGPT". All are served in any case. */
  readonly advertises?: 'codex' | 'siwc'
  /** Shared by emulators that are to speak as one issuer, or made once where many are started; its own when not given. */
  readonly signingKey?: SigningKey
  /** How many requests the log keeps; 1000 when not given. */
  readonly logLimit?: number
}

const defaultLifetimes: Lifetimes = {
  accessTokenMs: 60 * 60_000,
  idTokenMs: 60 * 60_000,
  refreshTokenMs: 30 * 24 * 60 * 60_000,
  authorizationCodeMs: 10 * 60_000,
  deviceCodeMs: 15 * 60_000,
}

/** Below this the real Codex CLI refreshes again at once, about a hundred times a second (real-codex 0.5). */
const shortestAccessTokenMs = 300_000

/** The lifetimes in force; throws a `RangeError` for an access token the real CLI would loop on. */
export function resolveLifetimes(options: EmulatorOptions): Lifetimes {
  const lifetimes = { ...defaultLifetimes, ...options.lifetimes }
  if (lifetimes.accessTokenMs < shortestAccessTokenMs && options.allowShortAccessTokens !== true)
    throw new RangeError(
      `lifetimes.accessTokenMs is ${lifetimes.accessTokenMs}: Codex refreshes without pause when an access token lives under ` +
        `${shortestAccessTokenMs} ms. Use emulator.expireAccessTokens() instead, or set allowShortAccessTokens.`,
    )
  return lifetimes
}
