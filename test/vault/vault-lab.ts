import { Pool } from 'pg'
import { createLocalKey, createLocalKeys, createPgDriver, openVault } from '../../src/vault/index.js'
import type { Vault, VaultDriver, VaultOptions } from '../../src/vault/index.js'
import { Secret, systemClock, type Clock } from '../../src/core/index.js'
import { handOverScopeKey } from '../../src/vault/scope.js'
import { migrateVault } from '../../src/vault/migrate.js'
import { startPostgres, type PostgresConnection, type PostgresServer } from './postgres-server.mjs'

export const keyText = createLocalKey('first')
export const keys = createLocalKeys(new Secret(keyText))

/** The time as it is, in which nobody waits for longer than a twentieth of what they mean to. */
export const hastyClock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 20, signal) }

/** A server with a vault in it: one role that owns the schema, and one that uses it. */
export interface VaultLab {
  readonly server: PostgresServer
  readonly application: PostgresConnection
  readonly owner: PostgresConnection
  /** A connection pool, ended with the lab. */
  readonly pool: (connection: PostgresConnection, most?: number) => Pool
  readonly driver: VaultDriver
  /** A vault of its own, as another instance would have; closed with the lab. */
  readonly open: (options?: Partial<VaultOptions>) => Promise<Vault>
  /** For a look behind the policies. */
  readonly superuser: Pool
  readonly dispose: () => Promise<void>
}

export async function startVaultLab(): Promise<VaultLab> {
  const server = await startPostgres()
  try {
    return await prepareLab(server)
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function prepareLab(server: PostgresServer): Promise<VaultLab> {
  const pools: Pool[] = []
  const vaults: Vault[] = []
  const pool: VaultLab['pool'] = (connection, max = 10) => {
    const made = new Pool({ ...connection, max, connectionTimeoutMillis: 2000 })
    // A server that restarts ends connections nobody is using.
    made.on('error', () => {})
    pools.push(made)
    return made
  }
  const superuser = pool(server.connection('postgres'), 2)
  for (const statement of setUp) await superuser.query(statement)
  const owner = server.connection('vault_owner', 'vault')
  const application = server.connection('vault_application', 'vault')
  const ownerDriver = createPgDriver(pool(owner, 2))
  await migrateVault(ownerDriver, { grantTo: 'vault_application' })
  await handOverScopeKey(ownerDriver, keys)
  const driver = createPgDriver(pool(application))
  return {
    server,
    application,
    owner,
    pool,
    driver,
    open: async (options = {}) => {
      const own = options.driver ?? createPgDriver(pool(application, 5))
      const vault = await openVault({ keys, ...options, driver: own })
      vaults.push(vault)
      return vault
    },
    superuser: pool(server.connection('postgres', 'vault'), 2),
    dispose: async () => {
      await Promise.all(vaults.map((vault) => vault.close()))
      await Promise.all(pools.map((made) => made.end()))
      await server.stop()
    },
  }
}

const setUp = [
  'CREATE ROLE vault_owner LOGIN',
  'CREATE ROLE vault_application LOGIN',
  'CREATE DATABASE vault OWNER vault_owner',
]
