import { randomUUID } from 'node:crypto'
import type { Clock } from '../core/index.js'

/** Whether what is said to the database comes back to us. */
export interface Echo {
  /** Begins to find out, again and again; what was found out before counts no more. */
  readonly begin: () => void
  readonly end: () => void
  /** Takes what was heard. @returns whether it was a word of ours */
  readonly take: (payload: string) => boolean
}

export interface EchoOptions {
  /** Sends a word on its way. What it throws is as good as silence. */
  readonly say: (word: string) => Promise<unknown>
  readonly clock: Clock
  /** Told whenever it is found out anew, and with `false` when it begins and when it ends. */
  readonly onChange: (isHeard: boolean) => void
}

/** How long a word of ours may take to come back. */
const patienceMs = 5000
/** After how long the next one is said. */
const beatMs = 10_000

export function createEcho({ say, clock, onChange }: EchoOptions): Echo {
  let running = new AbortController()
  let awaited: { readonly word: string; readonly heard: AbortController } | undefined

  async function isHeard(signal: AbortSignal): Promise<boolean> {
    const heard = new AbortController()
    const word = `word:${randomUUID()}`
    awaited = { word, heard }
    await quietly(async () => say(word))
    await quietly(() => clock.sleep(patienceMs, AbortSignal.any([signal, heard.signal])))
    return heard.signal.aborted
  }

  async function goOn(signal: AbortSignal): Promise<void> {
    for (let was = false; !signal.aborted;) {
      const is = await isHeard(signal)
      if (is !== was && !signal.aborted) onChange(is)
      was = is
      if (is) await quietly(() => clock.sleep(beatMs, signal))
    }
  }

  function end(): void {
    running.abort()
    onChange(false)
  }

  return {
    begin: () => {
      end()
      running = new AbortController()
      void goOn(running.signal)
    },
    end,
    take: (payload) => {
      const isOurs = payload === awaited?.word
      if (isOurs) awaited?.heard.abort()
      return isOurs
    },
  }
}

async function quietly(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch {
    // Silence, or the end: whoever waits sees to either.
  }
}
