import { expect, it } from 'vitest'
import { assertOneRefreshARound } from '../processes/storm.js'

/** As with the other provider, and in each round each process verifies what the round has brought, besides. */
const storm = { provider: 'siwc', processes: 32, rounds: 8, storeOptions: { lock: 'kernel' }, deathRate: 0 } as const
const lease = { lock: 'lease', leaseMs: 1500 } as const

const timeoutMs = 180_000

it(
  'spends one refresh token for each of 8 expiries, with 32 processes on one file',
  async () => {
    await assertOneRefreshARound(storm)
  },
  timeoutMs,
)

it(
  'does so while every twentieth process that holds the lock is killed',
  async () => {
    expect(await assertOneRefreshARound({ ...storm, deathRate: 0.05 })).toBeGreaterThan(0)
  },
  timeoutMs,
)

it(
  'does so where the file system has no locks',
  async () => {
    await assertOneRefreshARound({ ...storm, processes: 8, rounds: 4, storeOptions: lease, deathRate: 0.05 })
  },
  timeoutMs,
)
