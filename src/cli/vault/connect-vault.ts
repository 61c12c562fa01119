import { readFile } from 'node:fs/promises'
import { AuthError, Secret } from '../../core/index.js'
import { createLazyTransport } from '../../node/index.js'
import { createLocalKeys, createPgDriver, openVault } from '../../vault/index.js'
import type { KeyEncryption, Vault, VaultDriver, VaultTracer } from '../../vault/index.js'
import type { Invocation } from '../command.js'
import { openProvider } from '../open-store.js'

/** A vault that is open, and how it is left. */
export interface OpenVault {
  readonly vault: Vault
  readonly close: () => Promise<void>
}

/** A pool of connections, and how it is ended. */
export interface OpenDriver {
  readonly driver: VaultDriver
  readonly end: () => Promise<void>
}

const connections = 20
const connectionTimeoutMs = 5000

/** Opens the vault that the environment names. @throws AuthError `ERR_CONFIG_*`, `ERR_STORE_*` */
export async function connectVault(invocation: Invocation, tracer?: VaultTracer): Promise<OpenVault> {
  const { host } = invocation
  const keys = await readKeys(invocation)
  const { driver, end } = await connectDatabase(invocation)
  try {
    const fetch = createLazyTransport(host.environment)
    const traced = tracer ? { tracer } : {}
    const vault = await openVault({ driver, keys, fetch, clock: host.clock, ...traced, ...openProvider(invocation) })
    const close = async () => {
      await vault.close()
      await end()
    }
    return { vault, close }
  } catch (error) {
    await end()
    throw error
  }
}

/**
 * Over `PLANPASS_VAULT_DATABASE_URL`; where that leads to a pooler in transaction mode, `PLANPASS_VAULT_LISTEN_URL` leads past it. An address may hold
 * a password, so it is never an argument.
 */
export async function connectDatabase({ host }: Invocation): Promise<OpenDriver> {
  const { PLANPASS_VAULT_DATABASE_URL: connectionString, PLANPASS_VAULT_LISTEN_URL: listenUrl } = host.environment
  if (!connectionString) {
    throw new AuthError('ERR_CONFIG_USAGE', 'PLANPASS_VAULT_DATABASE_URL does not say where PostgreSQL is.', {
      advice: 'Set it to postgres://user:password@host/database.',
    })
  }
  const { Pool } = await loadPg()
  const connectionTimeoutMillis = connectionTimeoutMs
  const pool = new Pool({ connectionString, max: connections, connectionTimeoutMillis })
  const listenOver = listenUrl ? new Pool({ connectionString: listenUrl, max: 1, connectionTimeoutMillis }) : pool
  const end = async () => {
    await pool.end()
    if (listenOver !== pool) await listenOver.end()
  }
  return { driver: createPgDriver(pool, { clock: host.clock, listenOver }), end }
}

/** @throws AuthError `ERR_CONFIG_MISSING_PACKAGE` */
export async function loadPg() {
  try {
    return await import('pg')
  } catch (error) {
    throw new AuthError('ERR_CONFIG_MISSING_PACKAGE', 'The vault needs the package pg.', {
      cause: error,
      advice: 'Run `npm install pg`.',
    })
  }
}

/** From a file, as a secret is mounted, or from the environment. @throws AuthError `ERR_CONFIG_USAGE` */
export async function readKeys({ host, options }: Invocation): Promise<KeyEncryption> {
  const file = options.text('keys-file')
  const text = file === undefined ? host.environment.PLANPASS_VAULT_KEYS : await readSetting(file, '--keys-file')
  if (text) return createLocalKeys(new Secret(text))
  throw new AuthError(
    'ERR_CONFIG_USAGE',
    'The keys of the vault are neither in --keys-file nor in PLANPASS_VAULT_KEYS.',
    {
      advice: 'Make one with `planpass vault keys new`.',
    },
  )
}

/** @throws AuthError `ERR_CONFIG_USAGE` */
export async function readSetting(file: string, option: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new AuthError('ERR_CONFIG_USAGE', `The file of ${option} cannot be read.`, { cause: error })
  }
}
