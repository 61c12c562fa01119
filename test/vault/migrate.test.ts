import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPgDriver, migrateVault } from '../../src/vault/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { startVaultLab, type VaultLab } from './vault-lab.js'

let lab: VaultLab

beforeAll(async () => {
  lab = await startVaultLab()
})
afterAll(() => lab.dispose())

describe('the migration of a vault', () => {
  it('waits for whoever is at it only so long, and changes nothing', async () => {
    await lab.superuser.query('CREATE DATABASE held OWNER vault_owner')
    const connection = { ...lab.owner, database: 'held' }
    const other = await lab.pool(connection, 1).connect()
    await other.query('SELECT pg_advisory_lock(0x706c616e)')
    const driver = createPgDriver(lab.pool(connection, 1))
    expect(await caughtCode(migrateVault(driver, { waitMs: 20 }))).toBe('ERR_STORE_LOCKED')
    const [row] = await driver.query({ name: 'schema', text: `SELECT to_regnamespace('planpass') AS schema` }, [])
    expect(row).toEqual({ schema: null })
    await other.query('SELECT pg_advisory_unlock(0x706c616e)')
    other.release()
    await migrateVault(driver)
  })

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])('takes no wait of %s', async (waitMs) => {
    const driver = createPgDriver(lab.pool(lab.owner, 1))
    expect(await caughtCode(migrateVault(driver, { waitMs }))).toBe('ERR_CONFIG_USAGE')
  })

  it('says in a sentence that the database is not there', async () => {
    const driver = createPgDriver(lab.pool({ ...lab.owner, host: '/nowhere' }, 1))
    const error = await caughtAuthError(migrateVault(driver, { clock: createHurryingClock() }))
    expect(error).toMatchObject({ code: 'ERR_STORE_WRITE' })
    expect(error.message).toContain('Check that PostgreSQL runs')
  })
})
