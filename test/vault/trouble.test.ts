import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { codeOf, createCodexProvider, type ChatgptCredential, type Fetch } from '../../src/core/index.js'
import { createEmulator } from '../../src/testing/index.js'
import {
  createPgDriver,
  createPostgresDriver,
  openVault,
  type Vault,
  type VaultDriver,
  type VaultOwner,
} from '../../src/vault/index.js'
import type { ChangeFeed } from '../../src/vault/change-feed.js'
import { createCredentialCache } from '../../src/vault/credential-cache.js'
import type { Snapshot, VaultStore } from '../../src/vault/vault-store.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { credentialFrom } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import { startCuttingProxy } from './cutting-proxy.js'
import { keys, startVaultLab, type VaultLab } from './vault-lab.js'

let lab: VaultLab
let credential: ChatgptCredential
let owner: VaultOwner
let users = 0

beforeAll(async () => {
  lab = await startVaultLab()
  credential = await credentialFrom(createEmulator({ signingKey }))
})
afterAll(() => lab.dispose())
beforeEach(() => {
  users += 1
  owner = { tenant: 'acme', user: `user ${users}` }
})

const intent = { tokenFingerprint: '0123456789abcdef', reason: 'forced', atMs: 0 }
const writing = async () => ({ write: credential, result: undefined })

/** A driver with trouble: `meddle` may throw before a statement is sent, or after its answer. */
function troubled(meddle: (name: string, when: 'before' | 'after') => void): VaultDriver {
  const driver = createPgDriver(lab.pool(lab.application, 4))
  return {
    ...driver,
    query: async (statement, values) => {
      meddle(statement.name, 'before')
      const rows = await driver.query(statement, values)
      meddle(statement.name, 'after')
      return rows
    },
  }
}

function failure(code: string): Error {
  return Object.assign(new Error(`failed with ${code}`), { code })
}

/** A driver that stores nothing a refresh has brought, while `trouble.isDown`. */
function unableToSettle() {
  const trouble = { isDown: false }
  const driver = troubled((name) => {
    if (trouble.isDown && name === 'planpass-settle') throw failure('42501')
  })
  return { driver, trouble }
}

describe('a vault whose database is in trouble', () => {
  it.each(['40001', '40P01', 'ECONNRESET', '57P01', '25006', '53300', 'CONNECTION_CLOSED'])(
    'tries again after %s, as long as it is patient',
    async (code) => {
      let left = 3
      const driver = troubled((name, when) => {
        if (name === 'planpass-settle' && when === 'before' && (left -= 1) >= 0) throw failure(code)
      })
      const vault = await lab.open({ driver })
      await vault.store(owner).update(writing)
      expect(await vault.store(owner).read()).toBeDefined()
    },
  )

  it('gives up at once over what will not pass, and says which side it was', async () => {
    const driver = troubled((name, when) => {
      if (name === 'planpass-settle' && when === 'before') throw failure('42501')
      if (name === 'planpass-read' && when === 'after') throw failure('42P01')
    })
    const vault = await lab.open({ driver })
    expect(await caughtCode(vault.store(owner).read())).toBe('ERR_STORE_READ')
    const other = await lab.open({ driver: troubled((name) => name === 'planpass-settle' && fail('42501')) })
    expect(await caughtCode(other.store(owner).update(writing))).toBe('ERR_STORE_WRITE')
  })

  it('stores once what was answered into nothing', async () => {
    const lost = new Set(['planpass-claim', 'planpass-announce', 'planpass-settle'])
    const driver = troubled((name, when) => {
      if (when === 'after' && lost.delete(name)) throw failure('ECONNRESET')
    })
    const vault = await lab.open({ driver })
    await vault.store(owner).update(writing)
    await vault.store(owner).update(async (_current, context) => {
      await context.announce(intent)
      return { write: credential, result: undefined }
    })
    expect(lost.size).toBe(0)
    const trail = await vault.auditTrail(owner)
    expect(trail.map(({ outcome }) => outcome)).toEqual(['stored', 'stored'])
  })

  it('goes on when the server only reads for a while', async () => {
    const vault = await lab.open()
    await lab.superuser.query('ALTER DATABASE vault SET default_transaction_read_only = on')
    await endConnections()
    const stored = vault.store(owner).update(writing)
    const first = await Promise.race([stored.then(() => 'stored'), new Promise((resolve) => setTimeout(resolve, 300))])
    expect(first).toBeUndefined()
    await lab.superuser.query(
      'SET default_transaction_read_only = off; ALTER DATABASE vault RESET default_transaction_read_only',
    )
    await stored
    expect(await vault.store(owner).read()).toBeDefined()
  })

  it('goes on when its connections fall silent and nobody says so', async () => {
    const proxy = await startCuttingProxy(lab.application)
    try {
      const driver = createPgDriver(lab.pool(proxy.connection, 3), { statementTimeoutMs: 300 })
      const vault = await lab.open({ driver })
      await vault.store(owner).update(async (_current, context) => {
        expect(proxy.silence()).toBeGreaterThan(0)
        await context.announce(intent).catch(() => {})
        return { write: credential, result: undefined }
      })
      expect(await vault.store(owner).read()).toBeDefined()
      await vault.close()
    } finally {
      await proxy.close()
    }
  })

  it('waits no longer than a statement may take over the driver `postgres`, too', async () => {
    const proxy = await startCuttingProxy(lab.application)
    const client = postgres({ ...proxy.connection, max: 5, onnotice: () => {} })
    try {
      const vault = await openVault({ driver: createPostgresDriver(client, { statementTimeoutMs: 300 }), keys })
      await vault.store(owner).update(writing)
      expect(proxy.silence()).toBeGreaterThan(0)
      expect(await vault.store(owner).read()).toBeDefined()
      await vault.close()
    } finally {
      await client.end({ timeout: 0 })
      await proxy.close()
    }
  })

  it('notices that it hears nothing any more, though nobody says so, and listens anew', async () => {
    const proxy = await startCuttingProxy(lab.application)
    try {
      const driver = createPgDriver(lab.pool(proxy.connection, 3), { statementTimeoutMs: 300 })
      const vault = await lab.open({ driver })
      await expect.poll(() => vault.statistics().isListening).toBe(true)
      expect(proxy.silence()).toBeGreaterThan(0)
      await expect.poll(() => vault.statistics().isListening, { interval: 10, timeout: 5000 }).toBe(false)
      await expect.poll(() => vault.statistics().isListening, { timeout: 5000 }).toBe(true)
      await vault.close()
    } finally {
      await proxy.close()
    }
  })

  it('loses no change where every transaction is serializable, and some of them fail for it', async () => {
    let collisions = 0
    await lab.superuser.query(`ALTER DATABASE vault SET default_transaction_isolation = 'serializable'`)
    try {
      const pool = createPgDriver(lab.pool(lab.application, 12))
      const query: VaultDriver['query'] = async (statement, values) => {
        try {
          return await pool.query(statement, values)
        } catch (error) {
          if (codeOf(error as Error) === '40001') collisions += 1
          throw error
        }
      }
      const vaults = await Promise.all([0, 1, 2, 3].map(() => lab.open({ driver: { ...pool, query } })))
      const counting = Array.from({ length: 20 }, (_, index) =>
        (vaults[index % 4] as Vault).store(owner).update(async (current) => {
          const lastRefreshMs = (current?.mode === 'chatgpt' ? (current.lastRefreshMs ?? 0) : 0) + 1
          return { write: { ...credential, lastRefreshMs }, result: undefined }
        }),
      )
      await Promise.all(counting)
      expect(await vaults[0]?.store(owner).read()).toMatchObject({ lastRefreshMs: 20 })
    } finally {
      await lab.superuser.query('ALTER DATABASE vault RESET default_transaction_isolation')
    }
    expect(collisions).toBeGreaterThan(0)
  })

  it('serves a hundred with two connections', async () => {
    const vault = await lab.open({ driver: createPgDriver(lab.pool(lab.application, 2)) })
    const stores = Array.from({ length: 100 }, (_, index) => vault.store({ tenant: 'few', user: `${index}` }))
    await Promise.all(stores.map((store) => store.update(writing)))
    expect((await Promise.all(stores.map((store) => store.read()))).every(Boolean)).toBe(true)
  })
})

/** All that the application has. */
async function endConnections(): Promise<void> {
  await lab.superuser.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'vault_application'`,
  )
}

/** A promise, and what resolves it. */
function gate(): [opened: Promise<void>, open: () => void] {
  let open: () => void = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return [opened, () => open()]
}

function fail(code: string): never {
  throw failure(code)
}

describe('a claim', () => {
  it('wakes who waits for it when it ends, without being asked for again and again', async () => {
    let claims = 0
    const driver = troubled((name, when) => {
      if (name === 'planpass-claim' && when === 'before') claims += 1
    })
    const [first, second] = await Promise.all([lab.open(), lab.open({ driver })])
    await expect.poll(() => second.statistics().isListening).toBe(true)
    const [entered, enter] = gate()
    const [freed, free] = gate()
    const holding = first.store(owner).update(async () => {
      enter()
      await freed
      return { write: credential, result: undefined }
    })
    await entered
    const waiting = second.store(owner).update(async (current) => ({ keep: true, result: current }))
    await expect.poll(() => claims).toBe(1)
    free()
    await holding
    expect(await waiting).toBeDefined()
    expect(claims).toBe(2)
  })

  it('of a dead holder ends with its lease, and with the grace when a token was about to be spent', async () => {
    const vault = await lab.open()
    await vault.store(owner).update(writing)
    const claimed = await vault.database.claim(owner, 'a dead one', 100)
    if (!('fence' in claimed)) throw new Error('The claim was held.')
    const seen = BigInt((await vault.store(owner).revision?.()) ?? 0)
    const announced = { seen, graceMs: 60_000, intent, pid: 7, host: 'dead.example' }
    expect(await vault.database.announce(owner, 'a dead one', claimed, announced)).toBe(true)
    const held = await vault.database.claim(owner, 'another', 100)
    expect('heldMs' in held && held.heldMs).toBeGreaterThan(50_000)
    await lab.superuser.query('UPDATE planpass.claims SET until = now()')
    await vault.store(owner).update(async () => ({ keep: true, result: undefined }))
    expect(await vault.store(owner).unfinishedIntent?.(intent.tokenFingerprint)).toMatchObject({
      pid: 7,
      host: 'dead.example',
    })
  })

  it('is not cut short by an older call for it that the network brings late', async () => {
    const vault = await lab.open()
    await vault.store(owner).update(writing)
    const claimed = await vault.database.claim(owner, 'a slow one', 100)
    if (!('fence' in claimed)) throw new Error('The claim was held.')
    const seen = BigInt((await vault.store(owner).revision?.()) ?? 0)
    await vault.database.announce(owner, 'a slow one', claimed, { seen, graceMs: 60_000, intent, pid: 7, host: 'slow' })
    await vault.database.claim(owner, 'a slow one', 100)
    const held = await vault.database.claim(owner, 'another', 100)
    expect('heldMs' in held && held.heldMs).toBeGreaterThan(50_000)
  })

  it('that was taken over stops its holder before a token is spent, who then looks again', async () => {
    const vault = await lab.open()
    await vault.store(owner).update(writing)
    const seen: string[] = []
    await vault.store(owner).update(async (_current, context) => {
      if (seen.length === 0)
        await lab.superuser.query(`UPDATE planpass.claims SET holder = 'somebody else', until = now()`)
      seen.push('looked')
      await context.announce(intent)
      seen.push('spent')
      return { write: credential, result: undefined }
    })
    expect(seen).toEqual(['looked', 'looked', 'spent'])
  })
})

describe('a token whose answer never came', () => {
  it('explains why the issuer calls it used, until something newer is stored', async () => {
    const emulator = createEmulator({ signingKey, reuse: 'strict' })
    const write = await credentialFrom(emulator)
    let isCut = true
    const fetch: Fetch = async (input, init) => {
      const answer = await emulator.fetch(input, init)
      if (isCut) throw new TypeError('fetch failed')
      return answer
    }
    const vault = await lab.open({ provider: createCodexProvider(emulator), fetch })
    await vault.store(owner).update(async () => ({ write, result: undefined }))
    const refresh = () => caughtAuthError(vault.openSession(owner, 'worker').refresh())
    expect((await refresh()).code).toMatch(/^ERR_NETWORK_/)
    isCut = false
    const { code, message } = await refresh()
    expect(code).toBe('ERR_TOKEN_REFRESH_REUSED')
    expect(message).toContain(`process ${process.pid} on`)
    await vault.store(owner).update(async () => ({ write, result: undefined }))
    expect((await lab.superuser.query('SELECT FROM planpass.intents WHERE user_id = $1', [owner.user])).rowCount).toBe(
      0,
    )
  })
})

describe('a token that could not be stored', () => {
  it('is kept off the others until it is stored', async () => {
    const emulator = createEmulator({ signingKey, reuse: 'strict' })
    const write = await credentialFrom(emulator)
    const { driver, trouble } = unableToSettle()
    const place = { provider: createCodexProvider(emulator), fetch: emulator.fetch }
    const vault = await lab.open({ driver, ...place })
    const events: string[] = []
    vault.subscribe(({ type }) => events.push(type))
    await vault.store(owner).update(async () => ({ write, result: undefined }))
    trouble.isDown = true
    expect(await caughtCode(vault.session(owner).refresh())).toBe('ERR_STORE_WRITE_AFTER_ROTATION')
    expect(events).toEqual(['persist-failed'])
    const elsewhere = await lab.open(place)
    const waiting = elsewhere.session(owner).refresh()
    trouble.isDown = false
    const brought = await vault.session(owner).credential()
    expect(brought.accessToken.equals(write.accessToken)).toBe(false)
    expect((await waiting).mode).toBe('chatgpt')
    expect(emulator.counters.refresh).toMatchObject({ reused: 0 })
    const { refreshToken } = await elsewhere.session(owner).refresh()
    expect(refreshToken).toBeDefined()
    expect(emulator.counters.refresh).toMatchObject({ reused: 0, revoked: 0 })
  })

  it('is tried again whatever a listener of the host throws, and the other listeners are told', async () => {
    const emulator = createEmulator({ signingKey })
    const write = await credentialFrom(emulator)
    const { driver, trouble } = unableToSettle()
    const vault = await lab.open({ driver, provider: createCodexProvider(emulator), fetch: emulator.fetch })
    const events: string[] = []
    vault.subscribe(() => {
      throw new Error('A fault of the host.')
    })
    vault.subscribe(({ type }) => events.push(type))
    await vault.store(owner).update(async () => ({ write, result: undefined }))
    trouble.isDown = true
    expect(await caughtCode(vault.session(owner).refresh())).toBe('ERR_STORE_WRITE_AFTER_ROTATION')
    trouble.isDown = false
    const isStored = async () => {
      const stored = await vault.store(owner).read()
      return stored?.mode === 'chatgpt' && !stored.accessToken.equals(write.accessToken)
    }
    await expect.poll(isStored, { timeout: 10_000 }).toBe(true)
    emulator.expireRefreshTokens()
    expect(await caughtCode(vault.session(owner).refresh())).toBe('ERR_TOKEN_REFRESH_EXPIRED')
    expect(events).toEqual(['persist-failed', 'quarantined'])
  })

  it('is stored before others of the same instance go on, who wait for that alone', async () => {
    const emulator = createEmulator({ signingKey, reuse: 'strict' })
    const write = await credentialFrom(emulator)
    const { driver, trouble } = unableToSettle()
    const place = { provider: createCodexProvider(emulator), fetch: emulator.fetch }
    const vault = await lab.open({ driver, ...place, graceMs: 4000, leaseMs: 4000 })
    await vault.store(owner).update(async () => ({ write, result: undefined }))
    trouble.isDown = true
    expect(await caughtCode(vault.session(owner).refresh())).toBe('ERR_STORE_WRITE_AFTER_ROTATION')
    const waiting = vault.openSession(owner, 'worker').refresh()
    trouble.isDown = false
    expect((await waiting).mode).toBe('chatgpt')
    expect(emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0, revoked: 0 })
  })
})

const neverRead: Omit<VaultStore, 'readSnapshot'> = {
  kind: 'vault',
  describe: () => 'nowhere',
  read: async () => undefined,
  update: () => Promise.reject(new Error('unused')),
  revision: async () => undefined,
  verdicts: { recall: async () => undefined, remember: async () => {} },
}

describe('what is in memory', () => {
  it('is used without asking, until another instance writes', async () => {
    let asked = 0
    const driver = troubled((_name, when) => {
      if (when === 'before') asked += 1
    })
    const [writer, reader] = await Promise.all([lab.open(), lab.open({ driver })])
    await writer.store(owner).update(writing)
    await expect.poll(() => reader.statistics().isListening).toBe(true)
    await reader.session(owner).credential()
    const after = asked
    for (let index = 0; index < 100; index += 1) await reader.session(owner).credential()
    expect(asked).toBe(after)
    await writer.store(owner).update(async () => ({ remove: true, result: undefined }))
    const code = () => caughtCode(reader.session(owner).credential()).catch(() => 'still there')
    await expect.poll(code, { timeout: 10_000 }).toBe('ERR_SIGN_IN_REQUIRED')
  })

  it('is not what was read while changes may have been missed, or older than what is there', async () => {
    let hear: (key: string | undefined, generation: bigint) => void = () => {}
    const reads: ((generation: bigint) => void)[] = []
    const readSnapshot = () =>
      new Promise<Snapshot>((resolve) => {
        reads.push((generation) => resolve({ credential, generation }))
      })
    const feed: ChangeFeed = {
      isUp: () => true,
      subscribe: (hearer) => {
        hear = hearer
        return () => {}
      },
      watch: () => ({ next: async () => {}, stop: () => {} }),
      close: async () => {},
    }
    const store = { ...neverRead, readSnapshot }
    const { cached } = createCredentialCache({ feed, now: () => 0, most: 10, maxAgeMs: 1000 })
    const read = () => cached(owner, store).read()
    const missed = read()
    hear(undefined, 0n)
    reads.shift()?.(1n)
    await missed
    const [slow, quick] = [read(), read()]
    expect(reads).toHaveLength(2)
    reads[1]?.(3n)
    await quick
    reads[0]?.(2n)
    await slow
    expect(await cached(owner, store).revision?.()).toBe('3')
  })

  it('is not relied on while nobody listens', async () => {
    const vault = await lab.open()
    await vault.store(owner).update(writing)
    await expect.poll(() => vault.statistics().isListening).toBe(true)
    await endConnections()
    await expect.poll(() => vault.statistics().isListening, { interval: 10 }).toBe(false)
    await expect.poll(() => vault.statistics().isListening).toBe(true)
    expect(await vault.store(owner).read()).toBeDefined()
  })
})
