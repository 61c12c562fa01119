import { AuthError, systemClock, type Clock } from '../core/index.js'
import { databasePatienceMs, hasCode, persist } from './database-failure.js'
import { functions } from './schema/functions.js'
import { signInFunctions } from './schema/sign-in-functions.js'
import { tables } from './schema/tables.js'
import type { VaultDriver } from './driver.js'

/** In order, each applied once. What has been released is never changed; what is new is added. */
const migrations: readonly string[] = [
  [tables, functions, signInFunctions, 'REVOKE ALL ON ALL FUNCTIONS IN SCHEMA planpass FROM PUBLIC;'].join(''),
]

/** Any number of instances may start at once: one of them migrates, the others wait for it. `0x706c616e` spells `plan`. */
const migrationLock = 0x70_6c_61_6e

const longestWaitMs = 2 ** 31 - 1

export interface MigrateOptions {
  /** A role that may use the vault and nothing else: it neither owns the tables nor sees the secret that proofs are made with. */
  readonly grantTo?: string
  /** How long another migration, or whoever uses what is changed, is waited for, in milliseconds: 1 to 2147483647, default 60000. */
  readonly waitMs?: number
  readonly clock?: Clock
}

/**
 * Brings the schema `planpass` up to date. Safe to run twice, and twice at once.
 *
 * @throws AuthError `ERR_STORE_UNSAFE` when the database was made by a newer version; `ERR_STORE_LOCKED` when the wait is over, and nothing was changed;
 *   `ERR_STORE_WRITE` for a database that stays in trouble; `ERR_CONFIG_USAGE` for a wait that is none
 */
export function migrateVault(driver: VaultDriver, options: MigrateOptions = {}): Promise<void> {
  const { clock = systemClock } = options
  return persist('ERR_STORE_WRITE', { clock, patienceMs: databasePatienceMs }, () => applyMigrations(driver, options))
}

/** As `migrateVault`, tried once. */
export async function applyMigrations(driver: VaultDriver, options: MigrateOptions): Promise<void> {
  const { grantTo, waitMs = 60_000 } = options
  // PostgreSQL takes 0 for a wait without end.
  if (!Number.isInteger(waitMs) || waitMs < 1 || waitMs > longestWaitMs) {
    throw new AuthError('ERR_CONFIG_USAGE', 'The wait of a migration is from 1 to 2147483647 milliseconds.')
  }
  // Throws for a newer one, which this version must not give rights in.
  await isMigrated(driver)
  const steps = migrations.map((migration, index) => applyOnce(index + 1, migration))
  const grants = grantTo === undefined ? [] : [toGrants(grantTo)]
  const script = [`SELECT set_config('lock_timeout', '${waitMs}', true);`, prologue, ...steps, ...grants].join('\n')
  await driver.execute(script).catch((error: unknown) => {
    throw hasCode(error, [lockNotAvailable]) ? stillHeld(error) : error
  })
}

/** `lock_not_available` (PostgreSQL, appendix A). */
const lockNotAvailable = /^55P03$/

function stillHeld(cause: unknown): AuthError {
  return new AuthError('ERR_STORE_LOCKED', 'Somebody holds what the migration of the vault has to change.', {
    cause,
    advice: 'See who it is in `pg_stat_activity`: another migration, or a transaction that was left open.',
  })
}

const prologue = `
SELECT pg_advisory_xact_lock(${migrationLock});
CREATE SCHEMA IF NOT EXISTS planpass;
CREATE TABLE IF NOT EXISTS planpass.migrations (
  version integer PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);`

function applyOnce(version: number, migration: string): string {
  return `
DO $migrate$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM planpass.migrations WHERE version = ${version}) THEN
    EXECUTE $migration$${migration}$migration$;
    INSERT INTO planpass.migrations (version) VALUES (${version});
  END IF;
END
$migrate$;`
}

/** What is written once, the audit and the migrations, is not given to be changed. */
function toGrants(role: string): string {
  const name = `"${role.replaceAll('"', '""')}"`
  const changing = ['credentials', 'claims', 'intents', 'sign_ins', 'host_tokens']
  return `
GRANT USAGE ON SCHEMA planpass TO ${name};
GRANT SELECT, INSERT, UPDATE, DELETE ON ${changing.map((table) => `planpass.${table}`).join(', ')} TO ${name};
GRANT SELECT, INSERT ON planpass.audit TO ${name};
GRANT SELECT, INSERT, UPDATE ON planpass.scope_key TO ${name};
GRANT SELECT ON planpass.migrations TO ${name};
GRANT USAGE ON SEQUENCE planpass.generation TO ${name};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA planpass TO ${name};`
}

const readVersion = {
  name: 'planpass-version',
  text: 'SELECT coalesce(max(version), 0) AS version FROM planpass.migrations',
}
const findSchema = { name: 'planpass-schema', text: `SELECT to_regclass('planpass.migrations') IS NOT NULL AS found` }

/**
 * True when the schema is the one this version works with.
 *
 * @throws AuthError `ERR_STORE_UNSAFE` when it is a newer one
 */
export async function isMigrated(driver: VaultDriver): Promise<boolean> {
  const [schema] = await driver.query(findSchema, [])
  if (schema?.['found'] !== true) return false
  const [row] = await driver.query(readVersion, [])
  const version = Number(row?.['version'])
  if (version <= migrations.length) return version === migrations.length
  throw new AuthError('ERR_STORE_UNSAFE', 'The vault’s database was made by a newer version of this package.', {
    advice: 'Update this package.',
  })
}
