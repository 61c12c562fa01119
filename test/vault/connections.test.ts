import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ChatgptCredential } from '../../src/core/index.js'
import { createEmulator, createFakeClock } from '../../src/testing/index.js'
import { openChangeFeed } from '../../src/vault/change-feed.js'
import {
  createPgDriver,
  createPostgresDriver,
  openVault,
  type ChannelListener,
  type VaultDriver,
  type VaultOwner,
} from '../../src/vault/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { credentialFrom } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import { startCuttingProxy } from './cutting-proxy.js'
import { hastyClock, keys, startVaultLab, type VaultLab } from './vault-lab.js'

let lab: VaultLab
let client: postgres.Sql
let credential: ChatgptCredential
let owner: VaultOwner
let users = 0

beforeAll(async () => {
  lab = await startVaultLab()
  client = postgres({ ...lab.application, max: 1, onnotice: () => {} })
  credential = await credentialFrom(createEmulator({ signingKey }))
})
afterAll(async () => {
  await client.end()
  await lab.dispose()
})
beforeEach(() => {
  users += 1
  owner = { tenant: 'acme', user: `user ${users}` }
})

const writing = async () => ({ write: credential, result: undefined })

describe.each<[string, () => VaultDriver]>([
  ['pg', () => createPgDriver(lab.pool(lab.application, 1), { listenOver: lab.pool(lab.application, 1) })],
  ['postgres', () => createPostgresDriver(client)],
])('a vault over %s, whose server forgets what was prepared', (_name, connect) => {
  it('stores and reads what was meant', async () => {
    const driver = connect()
    const vault = await lab.open({ driver })
    await vault.store(owner).update(writing)
    for (const lastRefreshMs of [1, 2]) {
      await driver.execute('DEALLOCATE ALL')
      const write = { ...credential, lastRefreshMs }
      await vault.store(owner).update(async (_current, context) => {
        await driver.execute('DEALLOCATE ALL')
        await context.announce({ tokenFingerprint: '0123456789abcdef', reason: 'forced', atMs: 0 })
        await driver.execute('DEALLOCATE ALL')
        return { write, result: undefined }
      })
      await driver.execute('DEALLOCATE ALL')
      expect(await vault.store(owner).read()).toMatchObject({ lastRefreshMs })
    }
    await vault.close()
  })
})

describe('a pool of one connection', () => {
  it('is refused, since the vault would listen over it and ask nothing', async () => {
    const driver = createPgDriver(lab.pool(lab.application, 1))
    const { code, message } = await caughtAuthError(openVault({ driver, keys }))
    expect(code).toBe('ERR_CONFIG_USAGE')
    expect(message).toContain('at least 2')
  })

  it('is enough where another one listens', async () => {
    const listenOver = lab.pool(lab.application, 1)
    const vault = await lab.open({ driver: createPgDriver(lab.pool(lab.application, 1), { listenOver }) })
    await expect.poll(() => vault.statistics().isListening).toBe(true)
    await vault.store(owner).update(writing)
    expect(await vault.store(owner).read()).toBeDefined()
  })
})

/** A database that says of listening what a test has it say. */
function scripted() {
  const said: string[] = []
  let listener: ChannelListener | undefined
  const driver: VaultDriver = {
    query: async (_statement, [word]) => {
      said.push(String(word))
      return []
    },
    execute: async () => {},
    listen: async (_channel, given) => {
      listener = given
      return async () => {}
    },
  }
  const listening = (): ChannelListener => {
    if (!listener) throw new Error('Nobody listens.')
    return listener
  }
  return { driver, said, listener: listening }
}

/** A feed of such a database, on a clock that stands still. */
async function scriptedFeed() {
  const clock = createFakeClock()
  const { driver, said, listener } = scripted()
  return { clock, said, listener, feed: await openChangeFeed(driver, clock) }
}

describe('a change feed', () => {
  it('is up once it has heard its own word, and says others until then', async () => {
    const { clock, said, listener, feed } = await scriptedFeed()
    listener().onUp()
    await clock.advance(12_000)
    expect(said).toHaveLength(3)
    listener().onMessage('word:of-somebody-else')
    listener().onMessage(said[0] ?? '')
    await clock.advance(0)
    expect(feed.isUp()).toBe(false)
    listener().onMessage(said[2] ?? '')
    await clock.advance(0)
    expect(feed.isUp()).toBe(true)
    await feed.close()
  })

  it('is down when a later word does not come back, and up with the next that does', async () => {
    const { clock, said, listener, feed } = await scriptedFeed()
    let gaps = 0
    feed.subscribe((key) => void (key === undefined && (gaps += 1)))
    listener().onUp()
    await clock.advance(0)
    listener().onMessage(said.at(-1) ?? '')
    await clock.advance(9000)
    expect([feed.isUp(), said.length, gaps]).toEqual([true, 1, 2])
    await clock.advance(6000)
    expect([feed.isUp(), gaps]).toEqual([false, 3])
    listener().onMessage(said.at(-1) ?? '')
    await clock.advance(0)
    expect([feed.isUp(), gaps]).toEqual([true, 4])
    await feed.close()
  })

  it('is down from the moment it listens anew, since what was said meanwhile is lost', async () => {
    const { clock, said, listener, feed } = await scriptedFeed()
    let gaps = 0
    listener().onUp()
    await clock.advance(0)
    listener().onMessage(said[0] ?? '')
    await clock.advance(0)
    feed.subscribe(() => void (gaps += 1))
    listener().onUp()
    expect([feed.isUp(), gaps]).toEqual([false, 1])
    await feed.close()
  })

  it('believes no word of before when it was down', async () => {
    const { clock, said, listener, feed } = await scriptedFeed()
    listener().onUp()
    await clock.advance(0)
    listener().onDown()
    listener().onMessage(said[0] ?? '')
    await clock.advance(0)
    expect(feed.isUp()).toBe(false)
    await feed.close()
  })

  it('says nothing more when it is closed, whatever its driver tells', async () => {
    const { clock, said, listener, feed } = await scriptedFeed()
    listener().onUp()
    await feed.close()
    listener().onUp()
    await clock.advance(600_000)
    expect(said).toHaveLength(1)
    expect(clock.sleeping).toBe(0)
  })

  it('goes on saying what a driver refuses to take', async () => {
    const clock = createFakeClock()
    const { driver, listener } = scripted()
    let tries = 0
    const query = () => {
      tries += 1
      throw new Error('not now')
    }
    const feed = await openChangeFeed({ ...driver, query }, clock)
    listener().onUp()
    await clock.advance(12_000)
    expect(tries).toBe(3)
    await feed.close()
  })

  it('that cannot listen fails as the vault does, and says nothing afterwards', async () => {
    const { driver, said } = scripted()
    let told: ChannelListener | undefined
    const listen: VaultDriver['listen'] = async (_channel, listener) => {
      told = listener
      throw new Error('no listening here')
    }
    await expect(openChangeFeed({ ...driver, listen }, createFakeClock())).rejects.toThrow('no listening here')
    told?.onUp()
    expect(said).toEqual([])
    const failing = { ...createPgDriver(lab.pool(lab.application, 2)), listen }
    expect(await caughtCode(openVault({ driver: failing, keys }))).toBe('ERR_STORE_READ')
  })

  it('over `postgres` notices that its connection has gone silent, which that does not say', async () => {
    const proxy = await startCuttingProxy(lab.application)
    const listening = postgres({ ...proxy.connection, max: 1, onnotice: () => {} })
    try {
      const driver = createPostgresDriver(client, { listenOver: listening, clock: hastyClock })
      const vault = await openVault({ driver, keys, clock: hastyClock })
      await expect.poll(() => vault.statistics().isListening).toBe(true)
      expect(proxy.silence()).toBeGreaterThan(0)
      await expect.poll(() => vault.statistics().isListening, { timeout: 5000 }).toBe(false)
      await vault.close()
    } finally {
      await listening.end({ timeout: 0 })
      await proxy.close()
    }
  })

  it('that is deaf keeps nobody waiting for a claim longer than a look every moment takes', async () => {
    let looks = 0
    const pooled = createPgDriver(lab.pool(lab.application, 3))
    const deaf: VaultDriver = {
      ...pooled,
      query: (statement, values) => {
        if (statement.name === 'planpass-claim') looks += 1
        return pooled.query(statement, values)
      },
      listen: async (_channel, listener) => {
        listener.onUp()
        return async () => {}
      },
    }
    const [holder, waiter] = await Promise.all([lab.open(), lab.open({ driver: deaf, leaseMs: 600_000 })])
    const second = await holder.store(owner).update(async () => {
      const waiting = waiter.store(owner).update(writing)
      await expect.poll(() => looks).toBeGreaterThan(2)
      return { keep: true, result: { waiting } }
    })
    await second.waiting
    expect(await holder.store(owner).read()).toBeDefined()
  })
})
