import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../core/index.js'

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /**
   * Moves time on by `milliseconds`, waking each sleeper at its own moment and in order, and lets what it woke run
   * before the next one wakes: a sleeper that sleeps again within the span is woken again.
   */
  advance(milliseconds: number): Promise<void>
  /** How many sleeps have not ended yet. */
  readonly sleeping: number
}

interface Sleeper {
  readonly dueMs: number
  wake(): void
}

/**
 * Makes a `FakeClock`.
 *
 * @param startMs milliseconds since the Unix epoch; 2026-01-01T00:00:00Z when not given
 * @example
 * const clock = createFakeClock()
 * const nap = clock.sleep(1000)
 * await clock.advance(1000)
 * await nap
 */
export function createFakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  let nowMs = startMs
  const sleepers = new Set<Sleeper>()

  return {
    now: () => nowMs,
    get sleeping() {
      return sleepers.size
    },
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted()
        const stop = () => {
          sleepers.delete(sleeper)
          reject(signal?.reason)
        }
        const sleeper = {
          dueMs: nowMs + Math.max(0, milliseconds),
          wake: () => {
            sleepers.delete(sleeper)
            signal?.removeEventListener('abort', stop)
            resolve()
          },
        }
        signal?.addEventListener('abort', stop, { once: true })
        sleepers.add(sleeper)
      }),
    async advance(milliseconds) {
      const endMs = nowMs + milliseconds
      await settle()
      for (let next = earliest(sleepers); next !== undefined && next.dueMs <= endMs; next = earliest(sleepers)) {
        nowMs = Math.max(nowMs, next.dueMs)
        next.wake()
        await settle()
      }
      nowMs = endMs
    },
  }
}

/** Every microtask that is queued, and those they queue, run before an immediate does. */
async function settle(): Promise<void> {
  await setImmediate()
}

/** Sets keep insertion order, so sleepers due together wake in the order they fell asleep. */
function earliest(sleepers: ReadonlySet<Sleeper>): Sleeper | undefined {
  let first: Sleeper | undefined
  for (const sleeper of sleepers) if (first === undefined || sleeper.dueMs < first.dueMs) first = sleeper
  return first
}

/** True for a clock whose time can be moved. */
export function isFakeClock(clock: Clock): clock is FakeClock {
  return 'advance' in clock && 'sleeping' in clock
}
