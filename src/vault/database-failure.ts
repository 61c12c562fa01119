import {
  AuthError,
  causesOf,
  codeOf,
  isAbortError,
  isAuthError,
  toOneSafeLine,
  type Clock,
  type ErrorCode,
} from '../core/index.js'

/** SQLSTATEs (PostgreSQL, appendix A) and codes of the drivers after which this connection is of no more use. */
const connectionCodes = [
  /^08/,
  /^57P0[1-3]$/,
  /^53300$/,
  // Only reads: the server is a replica by now.
  /^25006$/,
  /^E(CONN|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOENT|NOTFOUND)/,
  /^CONNECT/,
]

/** Lost to somebody else's transaction; the same one may win now. */
const collisionCodes = [/^40001$/, /^40P01$/, /^55P03$/]

const connectionWords =
  /connection (terminated|ended|error)|timeout exceeded when trying to connect|query read timeout/i

/** Whether a failure, or what caused it, has one of these codes. */
export function hasCode(error: unknown, patterns: readonly RegExp[]): boolean {
  return causesOf(error).some((cause) => patterns.some((pattern) => pattern.test(codeOf(cause))))
}

/** True when the connection is gone, or leads to where nothing can be written. */
function isConnectionFailure(error: unknown): boolean {
  return hasCode(error, connectionCodes) || causesOf(error).some(({ message }) => connectionWords.test(message))
}

function isPassing(error: unknown): boolean {
  return isConnectionFailure(error) || hasCode(error, collisionCodes)
}

/** How long and how something is tried again. */
export interface Persistence {
  readonly clock: Clock
  /** How long what fails in passing is tried again, in milliseconds. */
  readonly patienceMs: number
  readonly random?: () => number
  readonly signal?: AbortSignal | undefined
}

/** How long a database in trouble is tried again, where nothing else is said. */
export const databasePatienceMs = 10_000

const firstPauseMs = 20
const longestPauseMs = 1000

/**
 * Tries again what failed in passing: a connection that was cut, a server that restarts or has become a replica, a pool without a free
 * connection, a transaction that lost against another. The statements of the vault may all be sent twice.
 *
 * @throws AuthError with `code`
 */
export async function persist<Answer>(
  code: ErrorCode,
  { clock, patienceMs, random = Math.random, signal }: Persistence,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const untilMs = clock.now() + patienceMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      return await work()
    } catch (error) {
      if (isAbortError(error) || isAuthError(error)) throw error
      if (!isPassing(error) || clock.now() + pauseMs > untilMs) throw toStoreError(code, error)
    }
    await clock.sleep(pauseMs * (0.5 + random()), signal)
  }
}

function toStoreError(code: ErrorCode, cause: unknown): AuthError {
  const reason = toOneSafeLine(cause instanceof Error ? cause.message || codeOf(cause) : String(cause))
  return new AuthError(code, `The vault’s database did not answer as it should (${reason}).`, {
    cause,
    advice: 'Check that PostgreSQL runs, accepts writes and has connections to spare.',
  })
}
