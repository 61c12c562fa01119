import type { Clock, Secret } from '../core/index.js'
import type { ConsoleFiles, DoctorFinding, RequestEntry } from './console-api.js'
import type { KeyRing } from './key-ring.js'
import type { GatewayProfiles } from './profile-shelf.js'
import type { ConsoleSignIn } from './console-sign-in.js'
import type { TokenLedger } from './token-ledger.js'

/** What a gateway is made of. Its profiles and its keys have no default. */
export interface GatewayOptions {
  /** Where it is reached: `http://127.0.0.1:8787`. */
  readonly origin: string
  readonly profiles: GatewayProfiles
  readonly keys: KeyRing
  readonly clock?: Clock | undefined
  /** Other names that lead here, with their port. Loopback names always do. */
  readonly hosts?: readonly string[] | undefined
  /** Pages elsewhere that may use it with a key of their own. Default: none. */
  readonly allowedOrigins?: readonly string[] | undefined
  readonly limits?: Partial<GatewayLimits> | undefined
  /** Where tokens are counted. Default: in memory. */
  readonly ledger?: TokenLedger | undefined
  /** Told of every request when it has ended. */
  readonly onRequest?: ((entry: RequestEntry) => void) | undefined
  /** With it, whoever started the gateway may ask for a link to the console: `POST /control/link`, as a bearer. */
  readonly controlKey?: Secret | undefined
  /** The page; without it there is none, and no `/api`. */
  readonly console?: ConsoleOptions | undefined
}

/** What the page is made of, and what it may do. */
export interface ConsoleOptions {
  readonly files: ConsoleFiles
  /** How somebody signs in; without it, not from the page. */
  readonly signIn?: ConsoleSignIn | undefined
  /** What the doctor finds of a profile; without it, nothing. */
  readonly examine?: ((profile: string) => Promise<readonly DoctorFinding[]>) | undefined
}

/** How much a gateway takes on. */
export interface GatewayLimits {
  /** Answers at once; 64 when not given. */
  readonly maximumRunning: number
  /** Requests that wait for their turn; 256 when not given. */
  readonly maximumWaiting: number
  /** How long one may wait, in milliseconds; 30 seconds when not given. */
  readonly patienceMs: number
  /** 32 MiB when not given. */
  readonly maximumBodyBytes: number
  /** How long a client may leave a stream unread, in milliseconds; two minutes when not given. */
  readonly stallMs: number
}

export const defaultLimits: GatewayLimits = {
  maximumRunning: 64,
  maximumWaiting: 256,
  patienceMs: 30_000,
  maximumBodyBytes: 32 * 1024 * 1024,
  stallMs: 120_000,
}
