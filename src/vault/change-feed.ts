import type { Clock } from '../core/index.js'
import type { VaultDriver } from './driver.js'
import { createEcho } from './echo.js'

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

const speak = { name: 'planpass-speak', text: `SELECT pg_notify('${changeChannel}', $1)` }

/** Without a feed, how long somebody waits before they look for themselves. */
const blindPauseMs = 250

/**
 * A feed of what the database tells. It is up as long as it hears words of ours: a pooler in transaction mode takes a `LISTEN` without complaint and
 * hands on nothing of what it brings, and not every driver says that it has lost the connection it listened on.
 */
export async function openChangeFeed(driver: VaultDriver, clock: Clock): Promise<ChangeFeed> {
  const hearers = new Set<(key: string | undefined, generation: bigint) => void>()
  let isUp = false
  let isClosed = false
  const tell = (key: string | undefined, generation = 0n) => {
    for (const hear of hearers) hear(key, generation)
  }
  const echo = createEcho({
    say: (word) => driver.query(speak, [word]),
    clock,
    onChange: (isHeard) => {
      isUp = isHeard
      // Either way, anything may have changed meanwhile.
      tell(undefined)
    },
  })

  function take(payload: string): void {
    if (echo.take(payload)) return
    const [key, generation = ''] = payload.split(':')
    // Whoever may connect may also notify: what is not ours is nothing.
    if (/^\d{1,19}$/.test(generation)) tell(key, BigInt(generation))
  }

  /** Some drivers go on trying by themselves after a failure, and some do not end when they are told to. */
  function onUp(): void {
    if (!isClosed) echo.begin()
  }

  async function listen(): Promise<() => Promise<void>> {
    try {
      return await driver.listen(changeChannel, { onMessage: take, onUp, onDown: echo.end })
    } catch (error) {
      isClosed = true
      throw error
    }
  }

  const stop = await listen()

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
    close: async () => {
      isClosed = true
      echo.end()
      await stop()
    },
  }
}

const heardIt = new Error('heard')
