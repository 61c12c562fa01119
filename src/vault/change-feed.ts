import type { Clock } from '../core/index.js'
import type { VaultDriver } from './driver.js'

/** Hears of every change in the database while it is up. */
export interface ChangeFeed {
  /** True while nothing can have been missed. */
  readonly isUp: () => boolean
  /** Calls `hear` with the key of each change and the generation that it wrote, 0 for none; and without a key when anything may have changed. */
  readonly subscribe: (hear: (key: string | undefined, generation: bigint) => void) => () => void
  /** Keeps an eye on `key` from now on. */
  readonly watch: (key: string) => ChangeWatch
  readonly close: () => Promise<void>
}

/** An eye on one credential. What happens between two looks is not missed. */
export interface ChangeWatch {
  /** Resolves when there was a change since the last look, or after `timeoutMs`. */
  readonly next: (timeoutMs: number, signal?: AbortSignal) => Promise<void>
  readonly stop: () => void
}

const changeChannel = 'planpass'

/** Without a feed, how long somebody waits before they look for themselves. */
const blindPauseMs = 250

export async function openChangeFeed(driver: VaultDriver, clock: Clock): Promise<ChangeFeed> {
  const hearers = new Set<(key: string | undefined, generation: bigint) => void>()
  let isUp = false
  const tell = (key: string | undefined, generation = 0n) => {
    for (const hear of hearers) hear(key, generation)
  }
  const stop = await driver.listen(changeChannel, {
    onMessage: (payload) => {
      const [key, generation = ''] = payload.split(':')
      // Whoever may connect may also notify: what is not ours is nothing.
      if (/^\d{1,19}$/.test(generation)) tell(key, BigInt(generation))
    },
    onUp: () => {
      isUp = true
      tell(undefined)
    },
    onDown: () => {
      isUp = false
      tell(undefined)
    },
  })

  function watch(key: string): ChangeWatch {
    let heard = new AbortController()
    const hear = (changed: string | undefined) => {
      if (changed === key || changed === undefined) heard.abort(heardIt)
    }
    hearers.add(hear)
    return {
      next: async (timeoutMs, signal) => {
        const waiting = signal ? AbortSignal.any([signal, heard.signal]) : heard.signal
        try {
          await clock.sleep(isUp ? timeoutMs : Math.min(timeoutMs, blindPauseMs), waiting)
        } catch (error) {
          if (error !== heardIt) throw error
        }
        heard = new AbortController()
      },
      stop: () => void hearers.delete(hear),
    }
  }

  return {
    isUp: () => isUp,
    subscribe: (hear) => {
      hearers.add(hear)
      return () => void hearers.delete(hear)
    },
    watch,
    close: stop,
  }
}

const heardIt = new Error('heard')
