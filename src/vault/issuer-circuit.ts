import { AuthError, type Clock, type Fetch } from '../core/index.js'

/** Stands between everybody and an issuer in trouble, so that a fleet does not keep it down. */
export interface IssuerCircuit {
  /** `fetch` that counts what becomes of token requests, and sends none while the circuit of their issuer is open. */
  readonly fetch: Fetch
  /** The origins that are not to be asked now. */
  readonly open: () => string[]
}

export interface IssuerCircuitOptions {
  readonly fetch: Fetch
  readonly clock: Clock
  readonly random?: () => number
  /** After how many failures in a row nobody asks any more; default 5. */
  readonly failuresToOpen?: number
}

interface Trouble {
  failures: number
  openUntilMs: number
}

const firstPauseMs = 1000
const longestPauseMs = 5 * 60_000

/**
 * A failure is no answer, a 429 or a 5xx; what an issuer says about one credential says nothing about the issuer. After the pause, which doubles
 * each time and varies, one request goes out to see.
 */
export function createIssuerCircuit(options: IssuerCircuitOptions): IssuerCircuit {
  const { fetch, clock, random = Math.random, failuresToOpen = 5 } = options
  const troubles = new Map<string, Trouble>()

  /** What was sent before the circuit opened says nothing new when it fails, too: only the one that went out to see does. */
  function learn(origin: string, isTrouble: boolean, retryAfterMs: number, isProbe: boolean): void {
    if (!isTrouble) return void troubles.delete(origin)
    const trouble = troubles.get(origin) ?? { failures: 0, openUntilMs: 0 }
    troubles.set(origin, trouble)
    const isNew = isProbe || trouble.failures < failuresToOpen
    if (isNew) trouble.failures += 1
    const isOpening = isNew && trouble.failures >= failuresToOpen
    if (!isOpening && retryAfterMs === 0) return
    const pauseMs = isOpening ? firstPauseMs * 2 ** (trouble.failures - failuresToOpen) : 0
    const withJitterMs = Math.min(pauseMs, longestPauseMs) * (1 + random() / 2)
    const untilMs = clock.now() + Math.max(withJitterMs, Math.min(retryAfterMs, longestPauseMs))
    trouble.openUntilMs = Math.max(trouble.openUntilMs, untilMs)
  }

  /** Lets one through as soon as the pause is over, and nobody else until it is back. True for that one. */
  function admit(origin: string): boolean {
    const trouble = troubles.get(origin)
    if (!trouble) return false
    const retryAfterMs = trouble.openUntilMs - clock.now()
    if (retryAfterMs > 0) throw closedFor(origin, retryAfterMs)
    if (trouble.failures < failuresToOpen) return false
    trouble.openUntilMs = clock.now() + firstPauseMs
    return true
  }

  return {
    open: () => [...troubles].flatMap(([origin, { openUntilMs }]) => (openUntilMs > clock.now() ? [origin] : [])),
    fetch: async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input)
      if (!url.pathname.endsWith(tokenPath)) return fetch(input, init)
      const isProbe = admit(url.origin)
      try {
        const response = await fetch(input, init)
        const isTrouble = response.status === 429 || response.status >= 500
        learn(url.origin, isTrouble, readRetryAfter(response), isProbe)
        return response
      } catch (error) {
        learn(url.origin, true, 0, isProbe)
        throw error
      }
    },
  }
}

const tokenPath = '/oauth/token'

function readRetryAfter({ headers }: Response): number {
  const seconds = Number(headers.get('retry-after') ?? 0)
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : 0
}

function closedFor(origin: string, retryAfterMs: number): AuthError {
  const { host } = new URL(origin)
  return new AuthError('ERR_TOKEN_REFRESH_UNAVAILABLE', `${host} is in trouble and is not asked for a moment.`, {
    retryAfterMs,
  })
}
