import { Pool } from 'pg'
import { parseAuthFile, Secret } from '../../dist/core/index.js'
import {
  createLocalKey,
  createLocalKeys,
  createPgDriver,
  handOverScopeKey,
  migrateVault,
  openVault,
} from '../../dist/vault/index.js'
import { startPostgres } from '../../test/vault/postgres-server.mjs'

/** How many of the credentials are real, and are measured. The others are filled with as many bytes. */
export const measuredUsers = 1000
export const tenant = 'acme'
/** Real ones lie everywhere among the others. */
export const userOf = (index) => `user ${String(index).padStart(4, '0')} measured`

/** Runs `work` over a vault with `size` credentials in it, in a server of its own. */
export async function withFilledVault(size, work) {
  const server = await startPostgres(['shared_buffers=1GB', 'max_wal_size=8GB'])
  const pools = []
  const pool = (role, max) => {
    const made = new Pool({ ...server.connection(role, role === 'postgres' ? 'postgres' : 'vault'), max })
    pools.push(made)
    return made
  }
  let vault
  try {
    const admin = pool('postgres', 1)
    for (const statement of [
      'CREATE ROLE owner LOGIN',
      'CREATE ROLE application LOGIN',
      'CREATE DATABASE vault OWNER owner',
    ])
      await admin.query(statement)
    const keys = createLocalKeys(new Secret(createLocalKey('bench')))
    const ownerDriver = createPgDriver(pool('owner', 1))
    await migrateVault(ownerDriver, { grantTo: 'application' })
    await handOverScopeKey(ownerDriver, keys)
    const open = (options) =>
      openVault({ driver: createPgDriver(pool('application', connections + 1)), keys, ...options })
    vault = await open({})
    await fillReal(vault)
    const superuser = new Pool({ ...server.connection('postgres', 'vault'), max: connections })
    pools.push(superuser)
    await fillRest(superuser, size)
    return await work({ size, vault, open, plain: createPgDriver(superuser), superuser })
  } finally {
    await vault?.close()
    await Promise.all(pools.map((each) => each.end()))
    await server.stop()
  }
}

export const connections = 8

async function fillReal(vault) {
  const storing = Array.from({ length: measuredUsers }, (_, index) => {
    const write = credentialOf(index, Date.now() + 3_600_000)
    return vault.store({ tenant, user: userOf(index) }).update(async () => ({ write, result: undefined }))
  })
  await Promise.all(storing)
}

/** As large as real ones: two tokens of 1100 bytes each. */
export function credentialOf(index, expiresAtMs) {
  const iat = Math.floor(expiresAtMs / 1000) - 3600
  const claims = { sub: `user-${index}`, iat, exp: iat + 3600, filler: 'x'.repeat(620) }
  const document = {
    auth_mode: 'chatgpt',
    OPENAI_API_KEY: null,
    tokens: {
      id_token: jwt({ ...claims, email: `user-${index}@example.test` }),
      access_token: jwt(claims),
      refresh_token: `rt_${String(index).padStart(60, '0')}`,
      account_id: `account-${index}`,
      oauth_provenance: { issuer: 'https://issuer.example.test', client_id: 'bench' },
    },
  }
  return parseAuthFile(JSON.stringify(document))
}

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

export function jwt(claims) {
  return `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}.${'s'.repeat(342)}`
}

async function fillRest(superuser, size) {
  await superuser.query(
    `INSERT INTO planpass.credentials (tenant, user_id, generation, key_id, wrapped_key, sealed, issuer, refresh_at)
     SELECT 'acme', 'user ' || lpad((n % 1000)::text, 4, '0') || ' ' || n, nextval('planpass.generation'), c.key_id,
       c.wrapped_key, c.sealed, c.issuer, now() + interval '1 day'
     FROM generate_series(1, $1::int) n, (SELECT * FROM planpass.credentials LIMIT 1) c`,
    [Math.max(0, size - measuredUsers)],
  )
  await superuser.query('VACUUM ANALYZE planpass.credentials')
}
