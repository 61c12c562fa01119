import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { readStored, signInTo, startStrictIssuer } from './signed-in-profile.js'
import { startWorker, type Outcome, type Worker, type WorkerProfile } from './workers.js'

interface Storm {
  readonly processes: number
  readonly rounds: number
  readonly storeOptions: NonNullable<WorkerProfile['storeOptions']>
  /** How likely a process dies each time it holds the lock. */
  readonly deathRate: number
}

/**
 * All processes use the profile at the same moment, over and over, each time after the server has ended the access token: all of them see
 * the 401 and want to refresh. One that dies is replaced, and its replacement does what it had to do.
 */
async function assertOneRefreshARound({ processes, rounds, storeOptions, deathRate }: Storm) {
  const issuer = await startStrictIssuer()
  const profile = { ...(await signInTo(issuer)), storeOptions, deathRate }
  const workers = await Promise.all(Array.from({ length: processes }, () => startWorker(profile)))
  let deaths = 0

  async function useOnce(index: number): Promise<Outcome> {
    for (;;) {
      const outcome = await (workers[index] as Worker).use(`${profile.backendUrl}/wham/usage`)
      if (outcome) return outcome
      deaths += 1
      workers[index] = await startWorker(profile)
    }
  }

  for (let round = 1; round <= rounds; round += 1) {
    issuer.emulator.expireAccessTokens()
    const outcomes = await Promise.all(workers.map((_, index) => useOnce(index)))
    const token = digest(readStored(await readFile(profile.path, 'utf8')).accessToken.reveal())
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome)))).toEqual(
      new Set([JSON.stringify({ status: 200, token })]),
    )
    expect(issuer.emulator.counters.refresh).toEqual({ ok: round, reused: 0, expired: 0, revoked: 0, unknown: 0 })
  }
  await Promise.all(workers.map((worker) => worker.stop()))
  return { deaths }
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16)

const kernel = { lock: 'kernel' } as const
/** So short that the dead are followed soon; the living still show many signs of life meanwhile. */
const lease = { lock: 'lease', leaseMs: 1500 } as const

it('spends one refresh token for each of 50 expiries, with 32 processes on one file', async () => {
  await assertOneRefreshARound({ processes: 32, rounds: 50, storeOptions: kernel, deathRate: 0 })
})

it('does so while every twentieth process that holds the lock is killed', async () => {
  const { deaths } = await assertOneRefreshARound({ processes: 32, rounds: 50, storeOptions: kernel, deathRate: 0.05 })
  expect(deaths).toBeGreaterThan(0)
})

it('does so where the file system has no locks', async () => {
  await assertOneRefreshARound({ processes: 8, rounds: 10, storeOptions: lease, deathRate: 0.05 })
})
