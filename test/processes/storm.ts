import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { readStored, signInTo, startStrictIssuer, type ProviderName } from './signed-in-profile.js'
import { startWorker, type Outcome, type StartOptions, type Worker, type WorkerProfile } from './workers.js'

export interface Storm {
  /** Default: `codex`. */
  readonly provider?: ProviderName
  readonly processes: number
  readonly rounds: number
  readonly storeOptions: NonNullable<WorkerProfile['storeOptions']>
  /** How likely a process dies each time it holds the lock. */
  readonly deathRate: number
  /** Where and how a worker that works on `path` is run. */
  readonly place?: (path: string) => Promise<{ readonly path: string; readonly options: StartOptions }>
}

/**
 * All processes use the profile at the same moment, over and over, each time after the server has ended the access token: all of them see
 * the 401 and want to refresh. One that dies is replaced, and its replacement does what it had to do.
 *
 * @returns how many died
 */
export async function assertOneRefreshARound(storm: Storm): Promise<number> {
  const { processes, rounds, storeOptions, deathRate } = storm
  const issuer = await startStrictIssuer(storm.provider)
  const profile = { ...(await signInTo(issuer)), storeOptions, deathRate }
  let deaths = 0

  async function startOne(): Promise<Worker> {
    const { path, options } = (await storm.place?.(profile.path)) ?? { path: profile.path, options: {} }
    return startWorker({ ...profile, path }, options)
  }

  async function useOnce(index: number): Promise<Outcome> {
    for (;;) {
      const outcome = await workers[index]?.use()
      if (outcome) return outcome
      deaths += 1
      workers[index] = await startOne()
    }
  }

  const workers = await Promise.all(Array.from({ length: processes }, startOne))
  for (let round = 1; round <= rounds; round += 1) {
    issuer.emulator.expireAccessTokens()
    const outcomes = await Promise.all(workers.map((_, index) => useOnce(index)))
    const { accessToken } = readStored(await readFile(profile.path, 'utf8'))
    const expected = { status: 200, token: digest(accessToken.reveal()) }
    expect([...new Set(outcomes.map((outcome) => JSON.stringify(outcome)))]).toEqual([JSON.stringify(expected)])
    expect(issuer.emulator.counters.refresh).toEqual({ ok: round, reused: 0, expired: 0, revoked: 0, unknown: 0 })
  }
  await Promise.all(workers.map((worker) => worker.stop()))
  return deaths
}

/** As the workers name their tokens. */
const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16)
