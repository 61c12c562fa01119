import type { Clock } from '../core/index.js'

/** Looks after answers whose reader does not read on. */
export interface StallGuard {
  /** @param giveUp Called once, when what was delivered was not followed by a request for more in time. */
  watch(giveUp: () => void): Stall
  /** Ends the looking. */
  close(): void
}

/** One answer that is sent. */
export interface Stall {
  /** More is wanted. */
  asked(): void
  /** It is the reader's turn. */
  delivered(): void
  stop(): void
}

/** How often is looked, within the patience. */
const looks = 4

/** One timer for all of them: a stream has many chunks. It ends by itself when there is nothing to look after. */
export function createStallGuard(patienceMs: number, clock: Clock): StallGuard {
  const watched = new Map<Stall, { deliveredAtMs: number | undefined; readonly giveUp: () => void }>()
  let looking: AbortController | undefined

  async function look(signal: AbortSignal): Promise<void> {
    for (;;) {
      await clock.sleep(patienceMs / looks, signal)
      if (watched.size === 0) break
      const latestMs = clock.now() - patienceMs
      for (const { deliveredAtMs, giveUp } of watched.values()) {
        if (deliveredAtMs !== undefined && deliveredAtMs <= latestMs) giveUp()
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
    watch(giveUp) {
      const state: { deliveredAtMs: number | undefined; readonly giveUp: () => void } = {
        deliveredAtMs: undefined,
        giveUp,
      }
      const stall: Stall = {
        asked: () => (state.deliveredAtMs = undefined),
        delivered: () => (state.deliveredAtMs = clock.now()),
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
