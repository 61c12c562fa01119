import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../src/core/index.js'

/** What takes that long and can be called off is a deadline: it never comes where nothing takes any time. */
const deadlineMs = 4 * 60 * 1000

/** A clock on which nobody waits: a sleep moves the time on and ends. A test moves it with `sleep`, too. */
export function createHurryingClock(startMs: number = Date.UTC(2026, 0, 1)): Clock {
  let nowMs = startMs
  return {
    now: () => nowMs,
    sleep: async (milliseconds, signal) => {
      await setImmediate()
      signal?.throwIfAborted()
      if (signal && milliseconds >= deadlineMs) await aborted(signal)
      nowMs += milliseconds
    },
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}
