import type { Clock } from '../core/index.js'
import type { VaultDriver } from './driver.js'

/** Hears of every change in the database while it is up. */
export interface ChangeFeed {
  /** True while nothing can have been missed. */
  readonly isUp: () => boolean
  /** Calls `hear` with the key of each change and the generation that it wrote, 0 for none; and without a key when anything may have changed. */
  readonly subscribe: (hear: (key: string | undefined, generation: bigint) => void) => () => void
  /** Resolves at the next change of `key`, or after `timeoutMs`. */
  readonly next: (key: string, timeoutMs: number, signal?: AbortSignal) => Promise<void>
  readonly close: () => Promise<void>
}

export const changeChannel = 'planpass'

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

  async function next(key: string, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const over = new AbortController()
    const hear = (heard: string | undefined) => {
      if (heard === key || heard === undefined) over.abort(heardIt)
    }
    hearers.add(hear)
    const waiting = signal ? AbortSignal.any([signal, over.signal]) : over.signal
    try {
      await clock.sleep(isUp ? timeoutMs : Math.min(timeoutMs, blindPauseMs), waiting)
    } catch (error) {
      if (error !== heardIt) throw error
    } finally {
      hearers.delete(hear)
    }
  }

  return {
    isUp: () => isUp,
    subscribe: (hear) => {
      hearers.add(hear)
      return () => void hearers.delete(hear)
    },
    next,
    close: stop,
  }
}

const heardIt = new Error('heard')
