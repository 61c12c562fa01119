import { AuthError, systemClock, type Clock } from '../core/index.js'

/** How long an answer may take, in milliseconds. `Infinity` switches a timer off. */
export interface StreamTimeouts {
  /** From the request to the first event of its answer; default five minutes, since a long prompt is read in silence. */
  readonly firstEventMs?: number | undefined
  /** Without a single byte, comments included, once the answer has begun; default five minutes (protocol 9.5). */
  readonly idleMs?: number | undefined
  /** For the whole answer; default: as long as it likes. */
  readonly totalMs?: number | undefined
}

/** What ends a stream besides its last event. */
export interface StreamLimits {
  readonly timeouts?: StreamTimeouts | undefined
  readonly clock?: Clock | undefined
  readonly signal?: AbortSignal | undefined
}

/** The timers of one answer, and the caller's signal, as one signal. */
export interface StreamTimers {
  /** Aborts with the caller's reason, or with `ERR_NETWORK_TIMEOUT` that names the timer. */
  readonly signal: AbortSignal
  /** Somebody waits for bytes. Silence counts only then: a reader who takes his time is not the server's fault. */
  readonly waitsForBytes: () => void
  readonly sawBytes: () => void
  /** An event has come: from here on, silence is what counts. */
  sawEvent(): void
  /** Clears the timers and lets go of the caller's signal. */
  stop(): void
}

/** How long a backend may say nothing (protocol 9.5): a long prompt is read in silence. */
export const longestSilenceMs = 5 * 60 * 1000

interface Deadline {
  readonly atMs: number
  readonly what: string
  readonly timeoutMs: number
}

/** Starts the timers. One sleep at a time is all they cost, however many bytes go by. */
export function startStreamTimers({ timeouts = {}, clock = systemClock, signal }: StreamLimits): StreamTimers {
  const { firstEventMs = longestSilenceMs, idleMs = longestSilenceMs, totalMs = Infinity } = timeouts
  const controller = new AbortController()
  const stopped = new AbortController()
  const startedAtMs = clock.now()
  let waitingSinceMs = Infinity
  let hasBegun = false

  const abort = () => {
    controller.abort(signal?.reason)
    stopped.abort()
  }
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted) abort()

  function nextDeadline(): Deadline {
    const total = { atMs: startedAtMs + totalMs, what: 'was not complete', timeoutMs: totalMs }
    const silence = hasBegun
      ? { atMs: waitingSinceMs + idleMs, what: 'went silent', timeoutMs: idleMs }
      : { atMs: startedAtMs + firstEventMs, what: 'did not begin', timeoutMs: firstEventMs }
    return silence.atMs < total.atMs ? silence : total
  }

  async function watch(): Promise<void> {
    for (;;) {
      const deadline = nextDeadline()
      const remainingMs = deadline.atMs - clock.now()
      if (remainingMs <= 0) return controller.abort(timedOut(deadline))
      // No longer than the idle timer: it may begin at any moment meanwhile.
      const sleepMs = Math.min(remainingMs, idleMs)
      if (sleepMs === Infinity) return
      await clock.sleep(sleepMs, stopped.signal)
    }
  }

  if (!controller.signal.aborted) void watch().catch(() => undefined)
  return {
    signal: controller.signal,
    waitsForBytes() {
      waitingSinceMs = clock.now()
    },
    sawBytes() {
      waitingSinceMs = Infinity
    },
    sawEvent() {
      hasBegun = true
    },
    stop() {
      // With a reason of our own nobody sees: the default one is an exception, whose stack costs more than all the rest here.
      stopped.abort('stopped')
      signal?.removeEventListener('abort', abort)
    },
  }
}

/** An answer that took too long, in words that name the timer. */
export function timedOut({ what, timeoutMs }: Pick<Deadline, 'what' | 'timeoutMs'>): AuthError {
  return new AuthError('ERR_NETWORK_TIMEOUT', `The answer ${what} for ${timeoutMs / 1000} seconds.`)
}
