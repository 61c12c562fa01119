import { fork } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'

/** Nothing takes that long; a contender that hangs must not hang the benchmark. */
const patienceMs = 30_000

/**
 * Starts a process that uses a contender. Its home is the folder of the file it is given: it finds no other sign-in.
 *
 * @param {string} contender the name of an adapter in `contenders/`
 * @param {{ path: string, issuer: string, backendUrl: string }} place
 * @param {{ now(): number }} clock what time it is for the process
 */
export function startContender(contender, place, clock) {
  const worker = join(import.meta.dirname, 'contenders/worker.mjs')
  const env = { HOME: dirname(place.path) }
  const child = fork(worker, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const ended = once(child, 'exit')

  async function ask(order) {
    const answered = once(child, 'message', { signal: AbortSignal.timeout(patienceMs) })
    const died = ended.then(() => {
      throw new Error(`A process of ${contender} died over ${Object.keys(order).join()}.`)
    })
    child.send({ nowMs: clock.now(), contender, place, ...order })
    const [{ outcome }] = await Promise.race([answered, died])
    return outcome
  }

  return {
    signIn: (tokens) => ask({ signIn: tokens }),
    /** Begins anew, as a program that has just been started. */
    open: () => ask({ open: true }),
    /** @returns {Promise<{ failures: string[], tookMs: number }>} what became of so many requests at once */
    use: (url, requests) => ask({ use: { url, requests } }),
    stop: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}
