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

interface Watched {
  readonly told: StallListeners
  isReadersTurn: boolean
  sinceMs: number
}

/** One timer for all of them: a stream has many chunks. It ends by itself when there is nothing to look after. */
export function createStallGuard(patienceMs: number, clock: Clock): StallGuard {
  const watched = new Map<Stall, Watched>()
  let looking: AbortController | undefined

  async function look(signal: AbortSignal): Promise<void> {
    for (;;) {
      await clock.sleep(Math.min(patienceMs, longestSilenceMs) / looks, signal)
      if (watched.size === 0) break
      const nowMs = clock.now()
      for (const [stall, state] of watched) {
        if (nowMs - state.sinceMs < (state.isReadersTurn ? patienceMs : longestSilenceMs)) continue
        watched.delete(stall)
        if (state.isReadersTurn) state.told.onStalled()
        else state.told.onSilent()
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
      const state: Watched = { told, isReadersTurn: false, sinceMs: clock.now() }
      const turn = (isReadersTurn: boolean) => {
        state.isReadersTurn = isReadersTurn
        state.sinceMs = clock.now()
      }
      const stall: Stall = {
        asked: () => turn(false),
        heard: () => void (state.sinceMs = clock.now()),
        delivered: () => turn(true),
        stop: () => void watched.delete(stall),
      }
      watched.set(stall, state)
      startLooking()
      return stall
    },
    close() {
      looking?.abort()
      looking = undefined
    },
  }
}
