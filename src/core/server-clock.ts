import type { Clock } from './clock.js'

/** The issuer's time, as far as we have learned it: a wrong clock on this machine must not end or prolong a session. */
export interface ServerClock {
  now(): number
  /** How far the issuer is ahead of this machine, in milliseconds; 0 until learned. */
  offsetMs(): number
  /** Takes the time from an answer's `Date` header (RFC 9110 6.6.1). */
  learn(response: Response): void
}

/** `Date` counts whole seconds and the answer was on its way for a while: less than this is not an offset. */
const toleranceMs = 30_000

export function createServerClock(clock: Clock): ServerClock {
  let offset = 0
  return {
    now: () => clock.now() + offset,
    offsetMs: () => offset,
    learn: (response) => {
      const serverNow = Date.parse(response.headers.get('date') ?? '')
      if (Number.isNaN(serverNow)) return
      const difference = serverNow - clock.now()
      offset = Math.abs(difference) < toleranceMs ? 0 : difference
    },
  }
}
