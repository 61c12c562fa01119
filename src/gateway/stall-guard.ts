import { longestSilenceMs } from '../backend/index.js'
import type { Clock } from '../core/index.js'

/** Looks after answers that do not move: whose reader does not read on, or whose backend says nothing. */
export interface StallGuard {
  watch(told: StallListeners): Stall
  /** Ends the looking. */
  close(): void
}

/** Told once, when it has been somebody's turn for too long. */
export interface StallListeners {
  /** What was delivered was not followed by a request for more. */
  readonly onStalled: () => void
  /** The backend has not said a byte for `longestSilenceMs`, comments included. */
  readonly onSilent: () => void
}

/** One answer that is sent. It begins as the backend's turn. */
export interface Stall {
  /** More is wanted: it is the backend's turn. A reader who takes his time is not its fault. */
  asked(): void
  /** The backend has sent something. */
  heard(): void
  /** It is the reader's turn. */
  delivered(): void
  stop(): void
}

/** How often is looked, within the patience. */
const looks = 4

class WatchedAnswer implements Stall {
  readonly told: StallListeners
  readonly #clock: Clock
  readonly #watched: Set<WatchedAnswer>
  isReadersTurn = false
  sinceMs: number

  constructor(told: StallListeners, clock: Clock, watched: Set<WatchedAnswer>) {
    this.told = told
    this.#clock = clock
    this.#watched = watched
    this.sinceMs = clock.now()
    watched.add(this)
  }

  asked(): void {
    this.isReadersTurn = false
    this.heard()
  }

  heard(): void {
    this.sinceMs = this.#clock.now()
  }

  delivered(): void {
    this.isReadersTurn = true
    this.heard()
  }

  stop(): void {
    this.#watched.delete(this)
  }
}

/** One timer for all of them: a stream has many chunks. It ends by itself when there is nothing to look after. */
export function createStallGuard(patienceMs: number, clock: Clock): StallGuard {
  const watched = new Set<WatchedAnswer>()
  let looking: AbortController | undefined

  async function look(signal: AbortSignal): Promise<void> {
    for (;;) {
      await clock.sleep(Math.min(patienceMs, longestSilenceMs) / looks, signal)
      if (watched.size === 0) break
      const nowMs = clock.now()
      for (const answer of watched) {
        if (nowMs - answer.sinceMs < (answer.isReadersTurn ? patienceMs : longestSilenceMs)) continue
        answer.stop()
        if (answer.isReadersTurn) answer.told.onStalled()
        else answer.told.onSilent()
      }
    }
    looking = undefined
  }

  function startLooking(): void {
    if (looking) return
    looking = new AbortController()
    void look(looking.signal).catch(() => undefined)
  }

  return {
    watch(told) {
      startLooking()
      return new WatchedAnswer(told, clock, watched)
    },
    close() {
      looking?.abort()
      looking = undefined
    },
  }
}
