import type { Credits, LimitWindow, Model, UsageSample } from '../backend/index.js'
import type { ErrorCode, SessionState } from '../core/index.js'

/**
 * What the console page and the gateway say to each other, under `/api`. Every answer is JSON. Whoever has no console session is answered 401
 * with the code `console_session_required`: only the link that the terminal prints opens one (`/enter#...`, which sets the cookie and goes on to
 * `/`).
 *
 * | request                            | body             | answer                                     |
 * | ---------------------------------- | ---------------- | ------------------------------------------ |
 * | `GET  /api/state`                  |                  | `ConsoleState`                             |
 * | `GET  /api/state?fresh=1`          |                  | the same, models and usage asked for anew  |
 * | `GET  /api/events`                 |                  | event stream of `ConsoleEvent`             |
 * | `POST /api/sign-in`                | `SignInOrder`    | 202 `SignInProgress`                       |
 * | `POST /api/sign-in/cancel`         | `{}`             | `SignInProgress`                           |
 * | `POST /api/sign-out`               | `SignOutOrder`   | `SignOutAnswer`                            |
 * | `POST /api/profile`                | `ProfileOrder`   | `ConsoleState`                             |
 * | `GET  /api/usage/history?every=hour\|day&since=ms` | | `UsageHistoryAnswer`                       |
 * | `GET  /api/tokens?days=30`         |                  | `TokensAnswer`                             |
 * | `GET  /api/requests`               |                  | `RequestsAnswer`                           |
 * | `GET  /api/doctor`                 |                  | `DoctorAnswer`                             |
 * | `POST /api/leave`                  | `{}`             | 204, ends the console session              |
 * | `POST /v1/responses` and the rest  | as OpenAI's      | as OpenAI's: the playground                |
 *
 * Every `POST`, those to `/v1` too, has to send `csrfHeader` with the `csrf` of the state, and `content-type: application/json`.
 */
export const csrfHeader = 'x-planpass-csrf'

/** Everything the page shows at once. A part that could not be had says why, and hides no other. */
export interface ConsoleState {
  /** To be sent with every `POST`; the same for as long as the console session lasts. */
  readonly csrf: string
  readonly gateway: GatewayFacts
  /** The name of the profile that requests are answered with. */
  readonly currentProfile: string
  readonly profiles: readonly ProfileState[]
  readonly signIn: SignInProgress
  readonly models: ModelsState
  readonly usage: UsageState
  /** Whoever may use the gateway, the console itself not among them. */
  readonly clients: readonly ClientState[]
}

/** The gateway itself. */
export interface GatewayFacts {
  readonly version: string
  /** What clients use as base URL: `http://127.0.0.1:8787/v1`. */
  readonly baseUrl: string
  readonly startedAtMs: number
  /** Requests that are being answered, and those that wait for their turn. */
  readonly running: number
  readonly waiting: number
  readonly maximumRunning: number
}

/** A profile, by its store alone: nobody was asked. */
export interface ProfileState {
  readonly name: string
  readonly isCurrent: boolean
  /** What the session says of itself; `unreadable` when the store cannot be read. */
  readonly state: SessionState | 'unreadable'
  readonly isSignedIn: boolean
  /** Why it is dead or unreadable, or why the next refresh will fail. */
  readonly reason: ErrorCode | null
  readonly account: AccountState | null
  /** When the access token ends; it is refreshed before. */
  readonly expiresAtMs: number | null
  /** Where the sign-in lies, for people. */
  readonly store: string | null
}

/** Who is signed in. What is masked can be shown to whoever looks over the shoulder. */
export interface AccountState {
  readonly email: string | null
  /** `a•••@e•••.com`. */
  readonly maskedEmail: string | null
  readonly planType: string | null
  readonly accountId: string | null
  /** `…12ab`. */
  readonly maskedAccountId: string | null
}

/** The models of the current profile. */
export type ModelsState =
  | {
      readonly state: 'known'
      readonly models: readonly ConsoleModel[]
      readonly source: 'network' | 'cache' | 'fallback'
      readonly fetchedAtMs: number
      /** Why an old list has to do. */
      readonly failure: ConsoleFailure | null
    }
  | { readonly state: 'unknown'; readonly failure: ConsoleFailure }

/** A model, and its id as model pickers of agents want it. */
export interface ConsoleModel extends Model {
  /** `openai-codex/<id>`. */
  readonly pickerId: string
  /** The first one: what a client gets that has no wish. */
  readonly isDefault: boolean
}

/** The usage of the current profile. */
export type UsageState =
  | {
      readonly state: 'known'
      readonly planType: string | null
      readonly windows: readonly LimitWindow[]
      readonly credits: Credits | null
      readonly reachedType: string | null
      readonly source: 'network' | 'cache'
      readonly fetchedAtMs: number
      readonly failure: ConsoleFailure | null
    }
  | { readonly state: 'unknown'; readonly failure: ConsoleFailure }

/** A key of `planpass keys`, without the key. */
export interface ClientState {
  readonly name: string
  readonly createdAtMs: number
  /** The models it may use; every one when `null`. */
  readonly models: readonly string[] | null
  readonly dailyTokens: number | null
  readonly usedTodayTokens: number
}

/** What went wrong, in words for people, as the command line would say it. */
export interface ConsoleFailure {
  /** An `ErrorCode`, or a word of the gateway's own such as `csrf_token_wrong`. */
  readonly code: string
  readonly message: string
  /** What to do. */
  readonly advice: string | null
}

/** The body of every answer of `/api` that is not 2xx. */
export interface FailureAnswer {
  readonly error: ConsoleFailure
}

/** Asks for a device code. A sign-in that already waits is told again instead, when it is for the same profile. */
export interface SignInOrder {
  /** Default: the current one. One that does not exist is made. */
  readonly profile?: string
  /** Replaces whoever is signed in there. Without it, a sign-in that is good is kept, and is the answer. */
  readonly switchAccount?: boolean
}

/** The one sign-in that the gateway knows of. */
export type SignInProgress =
  | { readonly state: 'idle' }
  /** The server is being asked for a code. */
  | { readonly state: 'starting'; readonly profile: string }
  | {
      readonly state: 'waiting'
      readonly profile: string
      /** Already checked: https, or loopback. */
      readonly verificationUrl: string
      readonly userCode: string
      readonly expiresAtMs: number
      /** The page's address as a QR code, row by row; true is dark. Without the quiet zone. */
      readonly qr: readonly (readonly boolean[])[]
    }
  | { readonly state: 'done'; readonly profile: string; readonly warnings: readonly string[] }
  | { readonly state: 'failed'; readonly profile: string; readonly failure: ConsoleFailure }
  | { readonly state: 'cancelled'; readonly profile: string }

/**
 * - `forget`: forgets the sign-in here; at OpenAI it lives on
 * - `revoke`: ends it at OpenAI, maybe on other devices too; when that fails it is kept here
 * - `sign-out`: tries to end it at OpenAI and forgets it here in any case
 */
export interface SignOutOrder {
  /** Default: the current one. */
  readonly profile?: string
  readonly how: 'forget' | 'revoke' | 'sign-out'
}

/** What really happened. */
export interface SignOutAnswer {
  readonly removed: boolean
  /** `not-asked` after `forget`. */
  readonly revocation: 'revoked' | 'failed' | 'not-needed' | 'not-asked'
  readonly failure: ConsoleFailure | null
}

/** Answers requests with another profile from now on; those that run are not touched. */
export interface ProfileOrder {
  readonly name: string
}

/** Oldest first; for each hour or day the most that was used. */
export interface UsageHistoryAnswer {
  readonly every: 'hour' | 'day'
  readonly samples: readonly UsageSample[]
}

/** What was counted by this gateway, on this machine. */
export interface TokensAnswer {
  /** The first day that is counted, `2026-01-31`, in UTC. */
  readonly since: string
  readonly total: TokenCounts
  readonly byModel: readonly ({ readonly model: string } & TokenCounts)[]
  /** `console` for the playground. */
  readonly byClient: readonly ({ readonly client: string } & TokenCounts)[]
  readonly byDay: readonly ({ readonly day: string } & TokenCounts)[]
}

/** Cached tokens are among the input, reasoning among the output. The cache share is `cachedTokens / inputTokens`. */
export interface TokenCounts {
  readonly requests: number
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
}

/** Newest first; the last two hundred. */
export interface RequestsAnswer {
  readonly requests: readonly RequestEntry[]
}

/** A request of a client, without anything of its content. */
export interface RequestEntry {
  readonly id: string
  readonly startedAtMs: number
  readonly client: string
  readonly method: string
  /** `/v1/responses`; what nobody knows is `other`. */
  readonly path: string
  readonly model: string | null
  readonly isStream: boolean
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'
  /** Absent until the answer has begun. */
  readonly status: number | null
  /** Why it failed: an `ErrorCode` or a word of the public API's. */
  readonly code: string | null
  readonly waitedMs: number
  readonly firstByteMs: number | null
  readonly durationMs: number | null
  readonly tokens: Omit<TokenCounts, 'requests'> | null
}

/** What `planpass doctor` says of the current profile. */
export interface DoctorAnswer {
  readonly findings: readonly DoctorFinding[]
}

/** One thing the doctor looked at. */
export interface DoctorFinding {
  readonly name: string
  readonly state: 'ok' | 'warn' | 'fail'
  readonly summary: string
  readonly advice: string | null
  readonly code: string | null
}

/**
 * What happens, as it happens: the `event` of the stream is the `type`, the `data` the whole of it. On connecting, `sign-in` and `profiles` come
 * at once. A comment every fifteen seconds keeps the stream alive; the page may ask for the state again after every reconnection.
 */
export type ConsoleEvent =
  | { readonly type: 'sign-in'; readonly signIn: SignInProgress }
  | { readonly type: 'profiles'; readonly currentProfile: string; readonly profiles: readonly ProfileState[] }
  | { readonly type: 'models'; readonly models: ModelsState }
  | { readonly type: 'usage'; readonly usage: UsageState }
  /** Began, went on, or ended: replaces the one with the same id. */
  | { readonly type: 'request'; readonly request: RequestEntry }

/** A file of the page. */
export interface ConsoleFile {
  /** `text/html; charset=utf-8`. */
  readonly type: string
  readonly body: string | Uint8Array<ArrayBuffer>
}

/**
 * The files of the page by their path; `/` is the page itself. They are served to anybody who reaches the gateway, so nothing personal may be
 * among them, under `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self';
 * manifest-src 'self'`: no inline script, no inline style.
 */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>
