import { expect, it } from 'vitest'
import { assertOneRefreshARound } from './storm.js'

const kernel = { lock: 'kernel' } as const
/** So short that the dead are followed soon; the living still show many signs of life meanwhile. */
const lease = { lock: 'lease', leaseMs: 1500 } as const

/** Some two thousand requests each, and a machine that may have better things to do. */
const timeoutMs = 180_000

it(
  'spends one refresh token for each of 50 expiries, with 32 processes on one file',
  async () => {
    await assertOneRefreshARound({ processes: 32, rounds: 50, storeOptions: kernel, deathRate: 0 })
  },
  timeoutMs,
)

it(
  'does so while every twentieth process that holds the lock is killed',
  async () => {
    const deaths = await assertOneRefreshARound({ processes: 32, rounds: 50, storeOptions: kernel, deathRate: 0.05 })
    expect(deaths).toBeGreaterThan(0)
  },
  timeoutMs,
)

it(
  'does so where the file system has no locks',
  async () => {
    await assertOneRefreshARound({ processes: 8, rounds: 10, storeOptions: lease, deathRate: 0.05 })
  },
  timeoutMs,
)
