import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../src/core/index.js'

/** A clock on which nobody waits: a sleep moves the time on and ends. A test moves it with `sleep`, too. */
export function createHurryingClock(startMs: number = Date.UTC(2026, 0, 1)): Clock {
  let nowMs = startMs
  return {
    now: () => nowMs,
    sleep: async (milliseconds, signal) => {
      await setImmediate()
      signal?.throwIfAborted()
      nowMs += milliseconds
    },
  }
}
