import { appendFile, chown, cp, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodexProvider, type ChatgptCredential } from '../../src/core/index.js'
import { createEmulator } from '../../src/testing/index.js'
import { createPgDriver } from '../../src/vault/index.js'
import { credentialFrom } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import { startCuttingProxy, type CuttingProxy } from './cutting-proxy.js'
import { startPostgres, type PostgresServer } from './postgres-server.mjs'
import { keys, startVaultLab, type VaultLab } from './vault-lab.js'

let lab: VaultLab
let standby: PostgresServer
let standbySuperuser: Pool
let proxy: CuttingProxy

beforeAll(async () => {
  lab = await startVaultLab()
  standby = await startStandby(lab)
  standbySuperuser = new Pool({ ...standby.connection('postgres', 'vault'), max: 2 })
  standbySuperuser.on('error', () => {})
  await lab.superuser.query(`ALTER SYSTEM SET synchronous_standby_names = '*'`)
  await lab.superuser.query('SELECT pg_reload_conf()')
  proxy = await startCuttingProxy(lab.application)
})
afterAll(async () => {
  await standbySuperuser.end()
  await lab.dispose()
  await proxy.close()
  await standby.stop()
})

/** A replica that streams from the lab's server: a copy of its files, made as `pg_basebackup` makes one. */
async function startStandby({ superuser, server }: VaultLab): Promise<PostgresServer> {
  const { host, port } = server.connection('postgres')
  const client = await superuser.connect()
  try {
    await client.query(`SELECT pg_backup_start('standby', true)`)
    return await startPostgres([], {
      prepare: async (data, account) => {
        await cp(server.dataFolder, data, { recursive: true, filter: (path) => !path.endsWith('postmaster.pid') })
        const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)')
        await writeFile(join(data, 'backup_label'), rows[0]?.labelfile ?? '')
        await writeFile(join(data, 'standby.signal'), '')
        await appendFile(
          join(data, 'postgresql.auto.conf'),
          `primary_conninfo = 'host=${host} port=${port} user=postgres'\n`,
        )
        if (account) await chownAll(data, account)
      },
    })
  } finally {
    client.release()
  }
}

describe('a failover to a replica', () => {
  it('in the middle of refreshes loses none, and goes on against the new primary', async () => {
    const emulator = createEmulator({ signingKey, reuse: 'strict' })
    const owners = Array.from({ length: 12 }, (_, index) => ({ tenant: 'acme', user: `user ${index}` }))
    let answer = () => {}
    const failedOver = new Promise<void>((resolve) => {
      answer = resolve
    })
    let asked = 0
    const fetch: typeof emulator.fetch = async (input, init) => {
      const response = await emulator.fetch(input, init)
      asked += 1
      // The tokens are spent, and their answers come when there is another primary.
      await failedOver
      return response
    }
    const driver = createPgDriver(lab.pool(proxy.connection, 20), { statementTimeoutMs: 2000 })
    const vault = await lab.open({ driver, provider: createCodexProvider(emulator), fetch, databasePatienceMs: 30_000 })
    const old = await Promise.all(owners.map(() => credentialFrom(emulator)))
    await Promise.all(
      owners.map((owner, index) =>
        vault.store(owner).update(async () => ({ write: old[index] as ChatgptCredential, result: undefined })),
      ),
    )
    const refreshing = owners.map((owner) => vault.session(owner).refresh())
    await expect.poll(() => asked).toBe(owners.length)

    await lab.server.kill()
    await standbySuperuser.query('SELECT pg_promote(true, 30)')
    await standbySuperuser.query('ALTER SYSTEM RESET synchronous_standby_names')
    await standbySuperuser.query('SELECT pg_reload_conf()')
    proxy.moveTo(standby.connection('vault_application', 'vault'))
    answer()

    const refreshed = await Promise.all(refreshing)
    const pool = new Pool({ ...standby.connection('vault_application', 'vault'), max: 2 })
    const elsewhere = await lab.open({ driver: createPgDriver(pool), keys })
    const stored = await Promise.all(owners.map((owner) => elsewhere.store(owner).read()))
    for (const [index, { accessToken }] of refreshed.entries()) {
      expect(accessToken.equals((stored[index] as ChatgptCredential).accessToken)).toBe(true)
      expect(accessToken.equals(old[index]?.accessToken)).toBe(false)
    }
    expect(emulator.counters.refresh).toMatchObject({ ok: owners.length, reused: 0 })
    await elsewhere.close()
    await pool.end()
  })
})

async function chownAll(folder: string, { uid, gid }: { readonly uid: number; readonly gid: number }): Promise<void> {
  await chown(folder, uid, gid)
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  await Promise.all(entries.map((entry) => chown(join(entry.parentPath, entry.name), uid, gid)))
}
