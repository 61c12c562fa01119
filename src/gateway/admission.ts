import type { Clock } from '../core/index.js'
import type { Question } from './asked-request.js'
import { departed } from './departure.js'
import { Refusal } from './refusal.js'

/** How many requests are answered at once, and how many may wait. */
export interface AdmissionLimits {
  readonly maximumRunning: number
  readonly maximumWaiting: number
  /** After that a request that waits is sent away, in milliseconds. */
  readonly patienceMs: number
}

/** Lets requests in, a bounded number at a time. */
export interface Admission {
  /**
   * Waits for a place. Whoever gets one has to give it back, once.
   *
   * @throws Refusal 503 when too many wait or the wait was too long; an `AbortError` when whoever asked has left
   */
  enter(client: string, asker: Pick<Question, 'hasLeft' | 'signal'>): Promise<() => void>
  readonly running: number
  readonly waiting: number
}

interface Waiter {
  readonly client: string
  readonly admit: () => void
}

/** Nobody takes all places: of four, the last is for others. */
const largestShare = 3 / 4

/** Whoever has the least running is next, and of several the one whose last turn is longest ago, so that one client's hundred requests do not stand before another's first. */
export function createAdmission(
  { maximumRunning, maximumWaiting, patienceMs }: AdmissionLimits,
  clock: Clock,
): Admission {
  const mostRunning = Math.max(1, Math.ceil(maximumRunning * largestShare))
  const mostWaiting = Math.max(1, Math.ceil(maximumWaiting * largestShare))
  const runningOf = new Map<string, number>()
  const turnOf = new Map<string, number>()
  const waiters = new Set<Waiter>()
  let running = 0
  let turns = 0

  const countOf = (client: string) => runningOf.get(client) ?? 0
  const hasPlace = (client: string) => running < maximumRunning && countOf(client) < mostRunning

  function take(client: string): () => void {
    running += 1
    turnOf.set(client, (turns += 1))
    runningOf.set(client, countOf(client) + 1)
    return () => giveBack(client)
  }

  function giveBack(client: string): void {
    running -= 1
    const left = countOf(client) - 1
    if (left > 0) runningOf.set(client, left)
    else runningOf.delete(client)
    if (waiters.size === 0) return
    const [next] = [...waiters].filter((waiter) => hasPlace(waiter.client)).toSorted(byTurn)
    next?.admit()
  }

  function byTurn({ client: one }: Waiter, { client: other }: Waiter): number {
    return countOf(one) - countOf(other) || (turnOf.get(one) ?? 0) - (turnOf.get(other) ?? 0)
  }

  function refuseCrowd(client: string): void {
    const own = [...waiters].filter((waiter) => waiter.client === client).length
    if (waiters.size < maximumWaiting && own < mostWaiting) return
    throw busy('Too many requests wait already.')
  }

  async function wait(client: string, signal: AbortSignal): Promise<() => void> {
    const over = new AbortController()
    const patience = clock.sleep(patienceMs, AbortSignal.any([signal, over.signal]))
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiters.delete(waiter)
        over.abort()
      }
      const waiter = { client, admit: () => (leave(), resolve(take(client))) }
      waiters.add(waiter)
      patience
        .then(() => (leave(), reject(busy('No place became free in time.'))))
        .catch((error: unknown) => (leave(), reject(error)))
    })
  }

  return {
    async enter(client, asker) {
      if (asker.hasLeft) throw departed()
      if (hasPlace(client)) return take(client)
      refuseCrowd(client)
      return wait(client, asker.signal)
    },
    get running() {
      return running
    },
    get waiting() {
      return waiters.size
    },
  }
}

function busy(why: string): Refusal {
  return new Refusal(503, 'gateway_busy', `The gateway is busy. ${why}`, { 'retry-after': '2' })
}
