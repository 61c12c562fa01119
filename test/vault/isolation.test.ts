import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodexProvider, Secret, systemClock, type ChatgptCredential } from '../../src/core/index.js'
import { createEmulator, type Emulator } from '../../src/testing/index.js'
import {
  createLocalKey,
  createLocalKeys,
  createVaultService,
  migrateVault,
  openVault,
  type KeyEncryption,
  type Vault,
  type VaultDriver,
  type VaultOwner,
  type VaultService,
} from '../../src/vault/index.js'
import { createPgDriver } from '../../src/vault/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { credentialFrom } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import { keys, startVaultLab, type VaultLab } from './vault-lab.js'

const ada: VaultOwner = { tenant: 'acme', user: 'ada' }
const grace: VaultOwner = { tenant: 'acme', user: 'grace' }
const eve: VaultOwner = { tenant: 'evil', user: 'eve' }

type SigningKeyOfHost = Awaited<ReturnType<typeof generateKeyPair>>['privateKey']

let lab: VaultLab
let emulator: Emulator
let vault: Vault
let adas: ChatgptCredential

const put = (owner: VaultOwner, write: ChatgptCredential) =>
  vault.store(owner).update(async () => ({ write, result: undefined }))

beforeAll(async () => {
  lab = await startVaultLab()
  emulator = createEmulator({ signingKey })
  const provider = createCodexProvider(emulator)
  vault = await lab.open({ provider, fetch: emulator.fetch })
  adas = await credentialFrom(emulator)
})
afterAll(() => lab.dispose())

/** The rows as they lie there, for somebody who may do anything with them. */
async function dump(): Promise<Record<string, unknown>[]> {
  const { rows } = await lab.superuser.query('SELECT * FROM planpass.credentials ORDER BY tenant, user_id')
  return rows as Record<string, unknown>[]
}

const secretsOf = ({ idToken, accessToken, refreshToken }: ChatgptCredential) =>
  [idToken, accessToken, refreshToken].flatMap((secret) => secret?.reveal() ?? [])

describe('the database', () => {
  it('takes names for names, whatever SQL they spell', async () => {
    await put(ada, adas)
    const names = [
      `' OR 'a'='a`,
      `ada'; DROP TABLE planpass.credentials; --`,
      `ada\\' UNION SELECT 1 --`,
      '%',
      '$1',
      '*',
    ]
    for (const user of names) {
      expect(await vault.store({ tenant: 'acme', user }).read()).toBeUndefined()
      await put({ tenant: `acme${user}`, user }, adas)
      expect(await vault.store({ tenant: `acme${user}`, user }).read()).toBeDefined()
    }
    expect(await vault.store(ada).read()).toMatchObject({ mode: 'chatgpt' })
    for (const tenant of ['*', '', 'a\u0000b', 'a\u001Fb', '\uD800', 'a'.repeat(201)]) {
      expect(await caughtCode(() => vault.store({ tenant, user: 'ada' }))).toBe('ERR_CONFIG_USAGE')
    }
  })

  it('shows a connection that works for one tenant nothing of another, whatever SQL it runs', async () => {
    await put(ada, adas)
    await put(eve, await credentialFrom(emulator))
    const { rows } = await lab.superuser.query('SELECT secret FROM planpass.scope_secret')
    const secret = (rows as { secret: Buffer }[])[0]?.secret ?? Buffer.alloc(0)
    const { createHash } = await import('node:crypto')
    const inner = createHash('sha256').update(secret).update('evil').digest()
    const evil = `${createHash('sha256').update(secret).update(inner).digest('hex')}evil`
    const client = await lab.pool(lab.application).connect()
    const count = async (sql: string) => ((await client.query(sql)).rows as { n: string }[])[0]?.n
    const all = 'SELECT count(*) AS n FROM planpass.credentials'
    try {
      expect(await count(all)).toBe('0')
      await client.query(`SELECT set_config('planpass.scope', '${evil}', false)`)
      expect(await count(all)).toBe('1')
      // One who asks for several is shown those alone whose proof comes with them.
      const asked = [`${evil}\u001Feve`, `${evil.slice(0, 64)}acme\u001Fada`, `${evil}\u001Fada`].join('\u001F')
      const answered = await client.query('SELECT planpass.read($1) IS NOT NULL AS found', [asked])
      expect(answered.rows).toEqual([{ found: true }, { found: false }, { found: false }])
      // What an injected statement can do: change the setting, try another proof, read the secret, switch the policies off.
      for (const scope of [
        'acme',
        '*',
        `${evil.slice(0, 64)}acme`,
        `${evil.slice(0, 64)}*`,
        `${'0'.repeat(64)}acme`,
        '',
      ]) {
        await client.query(`SELECT set_config('planpass.scope', '${scope}', false)`)
        expect(await count(all)).toBe('0')
        expect(await count(`SELECT count(row) AS n FROM planpass.read('${scope}' || E'\\x1fada') row`)).toBe('0')
      }
      for (const forbidden of [
        'SELECT secret FROM planpass.scope_secret',
        'SET row_security = off; SELECT * FROM planpass.credentials',
        'ALTER TABLE planpass.credentials DISABLE ROW LEVEL SECURITY',
        'CREATE OR REPLACE FUNCTION planpass.scope() RETURNS text LANGUAGE sql AS $$ SELECT $q$*$q$ $$',
        'UPDATE planpass.audit SET actor = $q$nobody$q$',
        'SET ROLE vault_owner',
      ]) {
        await expect(client.query(forbidden)).rejects.toThrow(/permission|policy|owner|row-level/)
      }
      await client.query(`SELECT set_config('planpass.scope', '${evil}', false)`)
      await expect(
        client.query(`UPDATE planpass.credentials SET tenant = 'acme', user_id = 'planted'`),
      ).rejects.toThrow(/row-level security/)
    } finally {
      client.release(true)
    }
  })

  it('is refused when its role is above the policies', async () => {
    const driver = createPgDriver(lab.pool(lab.server.connection('postgres', 'vault'), 2))
    expect(await caughtCode(openVault({ driver, keys }))).toBe('ERR_STORE_UNSAFE')
  })

  it('is migrated by any number of instances at once', async () => {
    await lab.superuser.query('CREATE DATABASE fresh OWNER vault_owner')
    const driver = createPgDriver(lab.pool(lab.server.connection('vault_owner', 'fresh')))
    const vaults = await Promise.all(Array.from({ length: 5 }, () => openVault({ driver, keys })))
    await vaults[0]?.store(ada).update(async () => ({ write: adas, result: undefined }))
    expect(await vaults[4]?.store(ada).read()).toMatchObject({ mode: 'chatgpt' })
    await Promise.all(vaults.map((each) => each.close()))
  })

  it('that a newer version made is neither used nor migrated', async () => {
    await lab.superuser.query('CREATE DATABASE newer OWNER vault_owner')
    const driver = createPgDriver(lab.pool({ ...lab.owner, database: 'newer' }))
    await migrateVault(driver)
    await driver.execute('INSERT INTO planpass.migrations (version) VALUES (1000)')
    expect(await caughtCode(openVault({ driver, keys }))).toBe('ERR_STORE_UNSAFE')
    expect(await caughtCode(migrateVault(driver))).toBe('ERR_STORE_UNSAFE')
  })

  it('is migrated by its owner for the role that uses it', async () => {
    await lab.superuser.query('CREATE DATABASE owned OWNER vault_owner')
    const driver = createPgDriver(lab.pool({ ...lab.application, database: 'owned' }))
    const owner = createPgDriver(lab.pool({ ...lab.owner, database: 'owned' }))
    const owned = await openVault({ driver, owner, keys })
    await owned.store(ada).update(async () => ({ write: adas, result: undefined }))
    expect(await owned.store(ada).read()).toMatchObject({ mode: 'chatgpt' })
    await owned.close()
  })

  it('is given its keys by the next one when who migrated it has not come to that', async () => {
    await lab.superuser.query('CREATE DATABASE half OWNER vault_owner')
    const owner = createPgDriver(lab.pool({ ...lab.owner, database: 'half' }))
    await migrateVault(owner, { grantTo: 'vault_application' })
    const driver = createPgDriver(lab.pool({ ...lab.application, database: 'half' }))
    expect(await caughtCode(openVault({ driver, keys }))).toBe('ERR_STORE_UNSAFE')
    await (await openVault({ driver: owner, keys })).close()
    await (await openVault({ driver, keys })).close()
  })
})

describe('a row', () => {
  it('opens in its own place alone: swapped ciphertexts, users, tenants and generations are refused', async () => {
    await put(ada, adas)
    await put(grace, await credentialFrom(emulator))
    await put(eve, await credentialFrom(emulator))
    const before = await dump()
    const swaps = [
      `UPDATE planpass.credentials a SET sealed = b.sealed FROM planpass.credentials b
        WHERE a.user_id = 'ada' AND a.tenant = 'acme' AND b.user_id = 'grace'`,
      `UPDATE planpass.credentials a SET sealed = b.sealed, wrapped_key = b.wrapped_key, key_id = b.key_id,
        generation = b.generation FROM planpass.credentials b
        WHERE a.user_id = 'ada' AND a.tenant = 'acme' AND b.user_id = 'grace'`,
      `UPDATE planpass.credentials a SET sealed = b.sealed, wrapped_key = b.wrapped_key FROM planpass.credentials b
        WHERE a.user_id = 'ada' AND a.tenant = 'acme' AND b.user_id = 'eve'`,
      `UPDATE planpass.credentials SET generation = generation + 1000 WHERE user_id = 'ada' AND tenant = 'acme'`,
      `UPDATE planpass.credentials SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)
        WHERE user_id = 'ada' AND tenant = 'acme'`,
      `UPDATE planpass.credentials SET sealed = 'short' WHERE user_id = 'ada' AND tenant = 'acme'`,
    ]
    for (const swap of swaps) {
      await lab.superuser.query(swap)
      const error = await caughtAuthError(vault.store(ada).read())
      expect(error.code).toBe('ERR_STORE_DECRYPT')
      expect(await caughtCode((await lab.open()).session(ada).credential())).toBe('ERR_STORE_DECRYPT')
      await restore(before, ada)
    }
    expect(await vault.store(ada).read()).toMatchObject({ mode: 'chatgpt' })
  })

  it('that comes to somebody else, out of those who asked together, does not open', async () => {
    await put(ada, adas)
    await put(eve, await credentialFrom(emulator))
    const driver: VaultDriver = {
      ...lab.driver,
      query: async (statement, values) => {
        const rows = await lab.driver.query(statement, values)
        return statement.name === 'planpass-read' ? rows.toReversed() : rows
      },
    }
    const confused = await lab.open({ driver })
    const asked = [ada, eve, ada, eve].map((owner) => caughtCode(confused.store(owner).read()))
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['ERR_STORE_DECRYPT']))
  })

  it('that was put back is not believed by who has seen a newer one', async () => {
    await put(ada, adas)
    const old = await dump()
    const fresh = await lab.open({ cacheMaxAgeMs: 0 })
    await put(ada, await credentialFrom(emulator))
    const session = fresh.session(ada)
    await session.credential()
    await restore(old, ada)
    const status = await caughtAuthError(session.status())
    expect(status.code).toBe('ERR_STORE_CORRUPT')
  })

  it('says nothing without the key: neither a dump nor another key opens it', async () => {
    await put(ada, adas)
    const everything = await Promise.all(
      ['credentials', 'audit', 'intents', 'claims', 'sign_ins', 'scope_key'].map(
        async (table) => (await lab.superuser.query(`SELECT t::text FROM planpass.${table} t`)).rows,
      ),
    )
    const text = JSON.stringify(everything)
    const hexOf = (secret: string) => Buffer.from(secret).toString('hex').slice(0, 80)
    for (const secret of secretsOf(adas)) {
      expect(text).not.toContain(secret.slice(0, 40))
      expect(text).not.toContain(hexOf(secret))
    }
    expect(text).not.toContain('@')
    const others = createLocalKeys(new Secret(createLocalKey('first')))
    expect(await caughtCode(openVault({ driver: lab.driver, keys: others }))).toBe('ERR_STORE_DECRYPT')
  })

  it('is opened by a key service that answers later, and by nobody while that is away', async () => {
    let isAway = false
    const later = async <Answer>(work: () => Answer | Promise<Answer>) => {
      if (isAway) throw new Error('The key service is away.')
      return work()
    }
    const service: KeyEncryption = {
      currentKeyId: keys.currentKeyId,
      wrap: (dataKey, context) => later(() => keys.wrap(dataKey, context)),
      unwrap: (keyId, wrapped, context) => later(() => keys.unwrap(keyId, wrapped, context)),
    }
    const remote = await lab.open({ keys: service })
    await remote.store(ada).update(async () => ({ write: adas, result: undefined }))
    expect(await vault.store(ada).read()).toMatchObject({ mode: 'chatgpt' })
    isAway = true
    await expect(remote.store(ada).read()).rejects.toThrow('The key service is away.')
  })

  it('leaves a trail of who did what, without a token', async () => {
    const owner = { tenant: 'acme', user: 'traced' }
    await vault.store(owner, 'the host').update(async () => ({ write: adas, result: undefined }))
    await vault.store(owner, 'support').update(async () => ({ remove: true, result: undefined }))
    expect(await vault.auditTrail(owner)).toMatchObject([
      { actor: 'support', action: 'remove', outcome: 'removed' },
      { actor: 'the host', action: 'write', outcome: 'stored' },
    ])
  })
})

async function restore(rows: readonly Record<string, unknown>[], { tenant, user }: VaultOwner): Promise<void> {
  const row = rows.find((each) => each['tenant'] === tenant && each['user_id'] === user)
  await lab.superuser.query(
    `UPDATE planpass.credentials SET generation = $3, key_id = $4, wrapped_key = $5, sealed = $6
     WHERE tenant = $1 AND user_id = $2`,
    [tenant, user, row?.['generation'], row?.['key_id'], row?.['wrapped_key'], row?.['sealed']],
  )
}

describe('a host’s token', () => {
  const audience = 'planpass-vault'
  let service: VaultService
  let asked: string[] = []
  let sign: (payload: JWTPayload, how?: { key?: SigningKeyOfHost; alg?: string }) => Promise<string>
  let foreignKey: SigningKeyOfHost

  const nowSeconds = () => Math.floor(systemClock.now() / 1000)
  const good = (): JWTPayload => ({
    iss: 'host',
    aud: audience,
    sub: 'ada',
    tenant: 'acme',
    iat: nowSeconds(),
    exp: nowSeconds() + 60,
    jti: crypto.randomUUID(),
  })
  const call = (token: string, path = '/status', init: RequestInit = {}) =>
    service.fetch(new Request(`http://vault.test${path}`, { ...init, headers: { authorization: `Bearer ${token}` } }))

  beforeAll(async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    foreignKey = (await generateKeyPair('ES256')).privateKey
    const driver: VaultDriver = {
      ...lab.driver,
      query: (statement, values) => {
        asked.push(statement.name)
        return lab.driver.query(statement, values)
      },
    }
    const watched = await lab.open({ driver, provider: vault.provider, fetch: emulator.fetch })
    const jwk = await exportJWK(publicKey)
    service = createVaultService({
      vault: watched,
      hosts: [{ issuer: 'host', keys: { keys: [jwk] }, tenants: ['acme'] }],
      audience,
    })
    sign = (payload, { key = privateKey, alg = 'ES256' } = {}) =>
      new SignJWT(payload).setProtectedHeader({ alg }).sign(key)
    await put(ada, adas)
  })

  it('that is good signs for its own user alone', async () => {
    const answer = await call(await sign(good()))
    expect(await answer.json()).toMatchObject({ state: 'valid', accountId: adas.accountId })
    const stranger = await call(await sign({ ...good(), sub: 'nobody' }), '/v1/models')
    expect(stranger.status).toBe(401)
    expect(stranger.headers.get('x-planpass-code')).toBe('ERR_SIGN_IN_REQUIRED')
  })

  it('that is not good reaches nothing, and every refusal is the same, for users there are and others', async () => {
    const { iat: _iat, ...undated } = good()
    const hmac = new TextEncoder().encode('a secret that somebody made up 1234')
    const signed = await Promise.all([
      sign(good(), { key: foreignKey }),
      sign({ ...good(), exp: nowSeconds() - 60 }),
      sign({ ...good(), iat: nowSeconds() - 3600, exp: nowSeconds() + 60 }),
      sign({ ...good(), aud: 'another service' }),
      sign({ ...good(), iss: 'another host' }),
      sign({ ...good(), tenant: 'evil' }),
      sign({ ...good(), tenant: '*' }),
      sign({ ...good(), tenant: ['acme'] }),
      sign({ ...good(), sub: '' }),
      sign({ ...good(), sub: 'nobody' }, { key: foreignKey }),
      sign(undated),
      sign({ ...good(), nbf: nowSeconds() + 3600 }),
      new SignJWT(good()).setProtectedHeader({ alg: 'HS256' }).sign(hmac),
    ])
    const bad = [...signed, new UnsecuredJWT(good()).encode(), 'a.b.c', '']
    asked = []
    const answers = await Promise.all(
      bad.map(async (token) => {
        const answer = await call(token)
        return `${answer.status} ${await answer.text()}`
      }),
    )
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).toMatch(/^401 /)
    // Whether there is such a user cannot be told from how long it took: nobody was asked.
    expect(asked).toEqual([])
  })

  it('is good under each key of a host that has two of one kind, while it changes from one to the other', async () => {
    const [before, after] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')])
    const jwks = { keys: await Promise.all([before, after].map(({ publicKey }) => exportJWK(publicKey))) }
    const changing = createVaultService({ vault, hosts: [{ issuer: 'host', keys: jwks, tenants: ['acme'] }], audience })
    const statusWith = async (key: SigningKeyOfHost) => {
      const headers = { authorization: `Bearer ${await sign(good(), { key })}` }
      return (await changing.fetch(new Request('http://vault.test/status', { headers }))).status
    }
    expect(await statusWith(before.privateKey)).toBe(200)
    expect(await statusWith(after.privateKey)).toBe(200)
    expect(await statusWith(foreignKey)).toBe(401)
  })

  it('changes something once, and not at all without an id', async () => {
    const token = await sign({ ...good(), sub: 'replayed' })
    expect((await call(token, '/sign-in', { method: 'POST' })).status).toBe(201)
    expect((await call(token, '/sign-in', { method: 'POST' })).status).toBe(401)
    const { jti: _jti, ...nameless } = good()
    expect((await call(await sign(nameless), '/sign-out', { method: 'POST' })).status).toBe(401)
    expect(await vault.store(ada).read()).toBeDefined()
  })

  it('never shows up, nor does any other secret, in what the service says', async () => {
    const token = await sign(good())
    const texts = await Promise.all(
      ['/status', '/models', '/usage', '/v1/models', '/metrics', '/ready', '/health', '/nothing'].map(async (path) =>
        (await call(token, path)).text(),
      ),
    )
    for (const secret of [token, ...secretsOf(adas)]) {
      expect(texts.join('\n')).not.toContain(secret)
    }
  })
})
