import { createHash } from 'node:crypto'
import { AuthError, systemClock, type Clock } from '../core/index.js'
import { databasePatienceMs, persist, type Persistence } from './database-failure.js'
import type { VaultDriver } from './driver.js'
import type { KeyEncryption } from './key-encryption.js'

/** Says to the database for which tenant a statement works, in a way that no SQL can make up: a proof, then the tenant. */
export type ScopeOf = (tenant: string) => string

const context = Buffer.from(JSON.stringify(['planpass-vault-scope', 1]))

const readScopeKey = { name: 'planpass-scope-key', text: 'SELECT key_id, wrapped FROM planpass.scope_key' }
const writeScopeKey = {
  name: 'planpass-scope-key-write',
  text: `INSERT INTO planpass.scope_key (key_id, wrapped) VALUES ($1, $2)
    ON CONFLICT (one) DO UPDATE SET key_id = excluded.key_id, wrapped = excluded.wrapped`,
}
const readHandOver = {
  name: 'planpass-scope-key-given',
  text: `SELECT EXISTS (SELECT FROM planpass.scope_key) OR NOT has_table_privilege('planpass.scope_secret', 'SELECT') AS done`,
}
const readSecret = { name: 'planpass-scope-secret', text: 'SELECT secret FROM planpass.scope_secret' }

/**
 * Lets the application make proofs: wraps the secret for it, which only the owner of the schema can read. Again after a change of keys.
 *
 * @throws AuthError `ERR_STORE_READ`, `ERR_STORE_WRITE` for a database that stays in trouble; what `keys` throws
 */
export async function handOverScopeKey(
  owner: VaultDriver,
  keys: KeyEncryption,
  clock: Clock = systemClock,
): Promise<void> {
  const persistence = { clock, patienceMs: databasePatienceMs }
  const secret = await persist('ERR_STORE_READ', persistence, () => readScopeSecret(owner))
  const wrapped = await keys.wrap(secret, context)
  await persist('ERR_STORE_WRITE', persistence, () => owner.query(writeScopeKey, [keys.currentKeyId, wrapped]))
}

/** As `handOverScopeKey`, tried once. */
export async function giveScopeKey(owner: VaultDriver, keys: KeyEncryption): Promise<void> {
  await writeWrapped(owner, keys, await readScopeSecret(owner))
}

async function readScopeSecret(owner: VaultDriver): Promise<Buffer> {
  const [row] = await owner.query(readSecret, [])
  return toBuffer(row?.['secret'])
}

/** Whether that was done, or is somebody else's to do: whoever migrated may have died before it. */
export async function isHandedOver(driver: VaultDriver): Promise<boolean> {
  const [row] = await driver.query(readHandOver, [])
  return row?.['done'] === true
}

async function writeWrapped(driver: VaultDriver, keys: KeyEncryption, secret: Buffer): Promise<void> {
  await driver.query(writeScopeKey, [keys.currentKeyId, await keys.wrap(secret, context)])
}

/** The same secret under the current key. */
export async function rewrapScopeKey(driver: VaultDriver, keys: KeyEncryption): Promise<void> {
  await writeWrapped(driver, keys, await unwrapScopeKey(driver, keys))
}

async function unwrapScopeKey(driver: VaultDriver, keys: KeyEncryption): Promise<Buffer> {
  const [row] = await driver.query(readScopeKey, [])
  if (!row) {
    throw new AuthError('ERR_STORE_UNSAFE', 'The vault was never given the keys it is to work with.', {
      advice: 'Run `planpass vault migrate` with the keys and the role that owns the schema.',
    })
  }
  return keys.unwrap(String(row['key_id']), toBuffer(row['wrapped']), context)
}

/** @throws AuthError `ERR_STORE_DECRYPT` when the keys are not those of this vault */
export async function createScopes(
  driver: VaultDriver,
  keys: KeyEncryption,
  persistence: Persistence,
): Promise<ScopeOf> {
  const secret = await persist('ERR_STORE_READ', persistence, () => unwrapScopeKey(driver, keys))
  const proven = new Map<string, string>()
  return (tenant) => {
    const known = proven.get(tenant)
    if (known !== undefined) return known
    if (proven.size >= mostScopes) proven.clear()
    const scope = `${prove(secret, tenant)}${tenant}`
    proven.set(tenant, scope)
    return scope
  }
}

/** How many tenants are remembered: two hashes for each statement are a good part of what a statement costs. */
const mostScopes = 10_000

/** As `planpass.scope()` does: the secret stands before both hashes, so that none can be made longer (RFC 2104). */
function prove(secret: Buffer, tenant: string): string {
  const inner = createHash('sha256').update(secret).update(tenant).digest()
  return createHash('sha256').update(secret).update(inner).digest('hex')
}

/** `bytea`, as every driver gives it. */
export function toBuffer(value: unknown): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  throw new AuthError('ERR_STORE_CORRUPT', 'A row of the vault is not of the kind that the vault writes.')
}
