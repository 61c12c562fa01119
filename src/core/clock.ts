/** Time as an effect: everything that asks for the time or waits takes a `Clock`, so tests can own it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Resolves after `milliseconds`; rejects with the signal's reason when `signal` aborts first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

/** A timer that is set for longer goes off at once; nobody waits twenty-five days. */
const longestTimerMs = 2 ** 31 - 1

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const stop = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', stop)
          resolve()
        },
        Math.min(milliseconds, longestTimerMs),
      )
      signal?.addEventListener('abort', stop, { once: true })
    }),
}
