import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCuttingProxy } from './cutting-proxy.js'
import { assertOneRefreshAUser, repeat } from './fleet.js'
import { startVaultLab, type VaultLab } from './vault-lab.js'

let lab: VaultLab

beforeAll(async () => {
  lab = await startVaultLab()
})
afterAll(() => lab.dispose())

const timeoutMs = 120_000

describe('eight machines with requests for 500 users, whose tokens end together', () => {
  it(
    'spend one refresh token a user, and lose none',
    async () => {
      const { application } = lab
      const r = await assertOneRefreshAUser(lab, { machines: 8, users: 500, concurrency: 20, connection: application })
      process.stdout.write(`clean ${JSON.stringify(r)}\n`)
    },
    timeoutMs,
  )

  it(
    'do so with clocks a minute apart, while machines die',
    async () => {
      const { application: connection } = lab
      const dying = { machines: 8, users: 500, concurrency: 1, deathRate: 0.02, skewMs: 60_000, connection }
      const r = await assertOneRefreshAUser(lab, dying)
      process.stdout.write(`dying ${JSON.stringify(r)}\n`)
      expect(r.deaths).toBeGreaterThan(0)
    },
    timeoutMs,
  )

  it(
    'do so while their connections are cut and the server crashes',
    async () => {
      const proxy = await startCuttingProxy(lab.application)
      let cuts = 0
      let crashes = 0
      const meanwhile = async (signal: AbortSignal) => {
        await repeat(400, signal, async () => {
          cuts += proxy.cut()
          if (cuts > 100 && crashes === 0) {
            crashes += 1
            await lab.server.restart('SIGQUIT')
          }
        })
      }
      const harmed = { machines: 8, users: 500, concurrency: 20, connection: proxy.connection, meanwhile }
      try {
        const r = await assertOneRefreshAUser(lab, harmed)
        process.stdout.write(`harmed ${JSON.stringify({ ...r, cuts, crashes })}\n`)
        expect(crashes).toBe(1)
      } finally {
        await proxy.close()
      }
    },
    timeoutMs,
  )
})
