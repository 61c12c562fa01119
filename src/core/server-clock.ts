import type { Clock } from './clock.js'

/** The issuer's time, as far as we have learned it: a wrong clock on this machine must not end or prolong a session. */
export interface ServerClock {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** How far the issuer is ahead of this machine, in milliseconds; 0 until learned. */
  readonly offsetMs: () => number
  /**
   * Takes the time from an answer's `Date` header (RFC 9110 6.6.1).
   *
   * @param sentAtMs When the question was sent, on this machine's clock.
   */
  readonly learn: (response: Response, sentAtMs: number) => void
}

/** `Date` tells whole seconds, the rest cut off. */
const dateStepMs = 1000

/** The clock of an issuer of whom nothing is known yet. */
export function createServerClock(clock: Clock): ServerClock {
  let offset = 0
  return {
    now: () => clock.now() + offset,
    offsetMs: () => offset,
    learn: (response, sentAtMs) => {
      const date = Date.parse(response.headers.get('date') ?? '')
      if (Number.isNaN(date)) return
      // It was this second there at some moment between question and answer, so the truth lies between these two.
      const least = date - clock.now()
      const most = date + dateStepMs - sentAtMs
      // The least, since a new token must not look old as it comes: that would cost a refresh each time, a late end but one 401.
      offset = least <= 0 && most >= 0 ? 0 : least
    },
  }
}
