import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCuttingProxy, type CuttingProxy } from './cutting-proxy.js'
import { assertOneRefreshAUser, repeat } from './fleet.js'
import { startVaultLab, type VaultLab } from './vault-lab.js'

let lab: VaultLab
let proxy: CuttingProxy

beforeAll(async () => {
  lab = await startVaultLab()
  proxy = await startCuttingProxy(lab.application)
})
afterAll(async () => {
  await proxy.close()
  await lab.dispose()
})

/** A machine that may have better things to do. */
const timeoutMs = 180_000
const fleet = { machines: 8, users: 500 }

describe('eight machines with requests for 500 users, whose tokens end together', () => {
  it(
    'spend one refresh token a user, and lose none',
    async () => {
      const { application: connection } = lab
      await assertOneRefreshAUser(lab, { ...fleet, concurrency: 10, graceMs: 60_000, connection })
    },
    timeoutMs,
  )

  it(
    'do so with clocks a minute apart, while machines die',
    async () => {
      const { application: connection } = lab
      const dying = { ...fleet, concurrency: 1, deathRate: 0.015, skewMs: 60_000, graceMs: 3000, connection }
      const { deaths } = await assertOneRefreshAUser(lab, dying)
      expect(deaths).toBeGreaterThan(0)
    },
    timeoutMs,
  )

  it(
    'do so while their connections are cut and the server crashes',
    async () => {
      const harm = { rounds: 0, cuts: 0, crashes: 0 }
      const meanwhile = (signal: AbortSignal) =>
        repeat(500, signal, async () => {
          harm.rounds += 1
          if (harm.rounds > 4) return
          harm.cuts += proxy.cut()
          if (harm.rounds !== 3) return
          harm.crashes += 1
          await lab.server.restart('SIGQUIT')
        })
      const { connection } = proxy
      await assertOneRefreshAUser(lab, { ...fleet, concurrency: 10, graceMs: 60_000, connection, meanwhile })
      expect(harm.crashes).toBe(1)
      expect(harm.cuts).toBeGreaterThan(20)
    },
    timeoutMs,
  )
})
