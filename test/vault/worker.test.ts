import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createCodexProvider,
  systemClock,
  type ChatgptCredential,
  type Clock,
  type Fetch,
} from '../../src/core/index.js'
import { createEmulator, createFakeClock, type Emulator } from '../../src/testing/index.js'
import {
  createPgDriver,
  createPostgresDriver,
  createVaultWorker,
  type Vault,
  type VaultEvent,
  type VaultOptions,
} from '../../src/vault/index.js'
import { createIssuerCircuit } from '../../src/vault/issuer-circuit.js'
import { caughtCode } from '../support/caught.js'
import { credentialFrom } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import { startVaultLab, type VaultLab } from './vault-lab.js'

let lab: VaultLab
let emulator: Emulator
let behindMs: number
let client: postgres.Sql

beforeAll(async () => {
  lab = await startVaultLab()
  client = postgres({ ...lab.application, max: 2, onnotice: () => {} })
})
afterAll(async () => {
  await client.end()
  await lab.dispose()
})

beforeEach(async () => {
  await lab.superuser.query('TRUNCATE planpass.credentials, planpass.audit, planpass.claims, planpass.intents')
  behindMs = 61 * 60_000
  const clock = { ...systemClock, now: () => systemClock.now() - behindMs }
  emulator = createEmulator({ signingKey, clock, reuse: 'strict' })
})

const open = (options: Partial<VaultOptions> = {}) =>
  lab.open({ provider: createCodexProvider(emulator), fetch: emulator.fetch, ...options })

const ownerOf = (index: number) => ({ tenant: `tenant ${index % 3}`, user: `user ${index}` })

/** Users whose tokens have all ended; from then on it is now. */
async function storeEnded(vault: Vault, count: number): Promise<ChatgptCredential[]> {
  const credentials = await Promise.all(Array.from({ length: count }, () => credentialFrom(emulator)))
  const stores = credentials.map((write, index) =>
    vault.store(ownerOf(index)).update(async () => ({ write, result: undefined })),
  )
  await Promise.all(stores)
  behindMs = 0
  return credentials
}

describe('workers', () => {
  it('share what is due, refresh each once and say when it is due again', async () => {
    const vaults = await Promise.all(Array.from({ length: 4 }, () => open()))
    await storeEnded(vaults[0] as Vault, 60)
    const outcomes = await Promise.all(vaults.map((vault) => createVaultWorker(vault, { batch: 20 }).runOnce()))
    expect(outcomes.flat().map(({ outcome }) => outcome)).toEqual(Array.from({ length: 60 }, () => 'refreshed'))
    expect(emulator.counters.refresh).toMatchObject({ ok: 60, reused: 0 })
    expect(new Set(outcomes.flat().map(({ owner }) => owner.user)).size).toBe(60)
    const { rows } = await lab.superuser.query<{ min: number; max: number }>(
      'SELECT min(extract(epoch FROM refresh_at - now())), max(extract(epoch FROM refresh_at - now())) FROM planpass.credentials',
    )
    // Ten minutes before the hour is over, give or take.
    expect(Number(rows[0]?.min)).toBeGreaterThan(49 * 60)
    expect(Number(rows[0]?.max)).toBeLessThan(53 * 60)
    expect(Number(rows[0]?.max) - Number(rows[0]?.min)).toBeGreaterThan(20)
    expect(await createVaultWorker(vaults[0] as Vault).runOnce()).toEqual([])
  })

  it('put a dead credential into quarantine with the reason, tell the host, and try it no more', async () => {
    const vault = await open()
    const events: VaultEvent[] = []
    vault.subscribe((event) => events.push(event))
    await storeEnded(vault, 2)
    emulator.expireRefreshTokens()
    const worker = createVaultWorker(vault)
    expect((await worker.runOnce()).map(({ outcome }) => outcome)).toEqual(['quarantined', 'quarantined'])
    expect(events).toContainEqual({ type: 'quarantined', owner: ownerOf(0), reason: 'ERR_TOKEN_REFRESH_EXPIRED' })
    expect(await vault.auditTrail(ownerOf(0), 1)).toMatchObject([
      { actor: 'worker', action: 'quarantine', outcome: 'ERR_TOKEN_REFRESH_EXPIRED' },
    ])
    await lab.superuser.query('UPDATE planpass.credentials SET refresh_at = now()')
    expect(await worker.runOnce()).toEqual([])
    const elsewhere = await open()
    const sent = emulator.counters.refresh.expired
    expect(await caughtCode(elsewhere.session(ownerOf(0)).credential())).toBe('ERR_TOKEN_REFRESH_EXPIRED')
    expect(await elsewhere.session(ownerOf(0)).status()).toMatchObject({ state: 'dead' })
    expect(emulator.counters.refresh.expired).toBe(sent)
    const write = await credentialFrom(emulator)
    await vault.store(ownerOf(0)).update(async () => ({ write, result: undefined }))
    expect(await (await open()).session(ownerOf(0)).status()).toMatchObject({ state: 'valid' })
  })

  it('leave an issuer in trouble alone, lose nothing, and come back when it is well', async () => {
    const clock = createMovableClock()
    let isDown = true
    let asked = 0
    const fetch: Fetch = async (input, init) => {
      asked += 1
      return isDown ? new Response('', { status: 503 }) : emulator.fetch(input, init)
    }
    const vault = await open({ fetch, clock, random: () => 0 })
    await storeEnded(vault, 40)
    const worker = createVaultWorker(vault, { concurrency: 1, random: () => 0 })
    const outcomes = await worker.runOnce()
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 40 }, () => 'postponed'))
    // Five failures in a row open the circuit; the other 35 were never sent.
    expect(asked).toBe(5)
    expect(vault.troubledIssuers()).toEqual([emulator.issuer])
    await lab.superuser.query('UPDATE planpass.credentials SET refresh_at = now()')
    expect(await worker.runOnce()).toEqual([])
    isDown = false
    clock.move(10_000)
    expect((await worker.runOnce()).every(({ outcome }) => outcome === 'refreshed')).toBe(true)
    expect(emulator.counters.refresh).toMatchObject({ ok: 40, reused: 0 })
  })

  it.each([
    ['pg', () => createPgDriver(lab.pool(lab.application, 2))],
    ['postgres', () => createPostgresDriver(client)],
  ])('take nothing of an issuer in trouble, over %s', async (_name, driver) => {
    const vault = await open({ driver: driver() })
    await storeEnded(vault, 3)
    expect(await vault.database.due(10, 1000, [emulator.issuer])).toEqual([])
    expect(await vault.database.due(10, 1000, ['https://another.test'])).toHaveLength(3)
    await vault.close()
  })

  it('know the issuer of a credential that does not name it, or names it with a slash', async () => {
    const vault = await open()
    const { provenance, ...unnamed } = await credentialFrom(emulator)
    if (!provenance) throw new Error('The emulator names its issuer.')
    const writes = [unnamed, { ...unnamed, provenance: { ...provenance, issuer: `${emulator.issuer}/` } }]
    const stores = writes.map((write, index) =>
      vault.store(ownerOf(index)).update(async () => ({ write, result: undefined })),
    )
    await Promise.all(stores)
    await lab.superuser.query('UPDATE planpass.credentials SET refresh_at = now()')
    expect(await vault.database.due(10, 1000, [emulator.issuer])).toEqual([])
    expect(await vault.database.due(10, 1000, [])).toHaveLength(2)
  })

  it('do not refresh what a request has refreshed meanwhile', async () => {
    const vault = await open()
    await storeEnded(vault, 1)
    await vault.session(ownerOf(0)).credential()
    await lab.superuser.query('UPDATE planpass.credentials SET refresh_at = now()')
    expect((await createVaultWorker(vault).runOnce()).map(({ outcome }) => outcome)).toEqual(['not-due'])
    expect(emulator.counters.refresh).toMatchObject({ ok: 1 })
  })

  it('begin with the shortest pause again after a request has refreshed what they could not', async () => {
    let isDown = true
    const fetch: Fetch = async (input, init) =>
      isDown ? new Response('', { status: 503 }) : emulator.fetch(input, init)
    const vault = await open({ fetch })
    const pauses: number[] = []
    const postpone: Vault['database']['postpone'] = async (_owner, pauseMs) => void pauses.push(pauseMs)
    const worker = createVaultWorker({ ...vault, database: { ...vault.database, postpone } }, { random: () => 0 })
    const runNow = async () => {
      await lab.superuser.query('UPDATE planpass.credentials SET refresh_at = now()')
      return (await worker.runOnce()).map(({ outcome }) => outcome)
    }
    await storeEnded(vault, 1)
    expect([await runNow(), await runNow()]).toEqual([['postponed'], ['postponed']])
    isDown = false
    await vault.session(ownerOf(0)).credential()
    expect(await runNow()).toEqual(['not-due'])
    isDown = true
    behindMs = 61 * 60_000
    await storeEnded(vault, 1)
    expect(await runNow()).toEqual(['postponed'])
    expect(pauses).toEqual([15_000, 30_000, 15_000])
  })

  it('end what they have begun when they are told to stop', async () => {
    const vault = await open()
    await storeEnded(vault, 5)
    const stopping = new AbortController()
    const seen: string[] = []
    const onOutcome = ({ outcome }: { outcome: string }) => {
      seen.push(outcome)
      stopping.abort()
    }
    await createVaultWorker(vault, { concurrency: 1, onOutcome }).run(stopping.signal)
    expect(seen).toEqual(['refreshed'])
    expect(emulator.counters.refresh).toMatchObject({ ok: 1 })
  })
})

describe('the circuit of an issuer', () => {
  const url = 'https://issuer.test/oauth/token'

  it('opens after failures in a row, lets one through after the pause, and closes when that one succeeds', async () => {
    const clock = createFakeClock()
    let status = 500
    let asked = 0
    const fetch: Fetch = async () => {
      asked += 1
      return new Response('{}', { status })
    }
    const circuit = createIssuerCircuit({ fetch, clock, random: () => 0, failuresToOpen: 3 })
    for (let index = 0; index < 3; index += 1) await circuit.fetch(url)
    expect(circuit.open()).toEqual(['https://issuer.test'])
    expect(await caughtCode(circuit.fetch(url))).toBe('ERR_TOKEN_REFRESH_UNAVAILABLE')
    expect((await circuit.fetch('https://issuer.test/backend-api/models')).status).toBe(500)
    expect(asked).toBe(4)
    await clock.advance(1001)
    status = 200
    const both = await Promise.allSettled([circuit.fetch(url), circuit.fetch(url)])
    expect(both.map((each) => each.status)).toEqual(['fulfilled', 'rejected'])
    expect((await circuit.fetch(url)).status).toBe(200)
    expect(circuit.open()).toEqual([])
  })

  it('opens for no longer when many were under way, and for no shorter than it was told', async () => {
    const clock = createFakeClock()
    const answers = Array.from({ length: 40 }, (_, index) => {
      const retryAfter = index === 5 ? '7' : '0'
      return new Response('{}', { status: 503, headers: { 'retry-after': retryAfter } })
    })
    const answer = answers.values()
    const fetch: Fetch = async () => answer.next().value ?? new Response('{}', { status: 500 })
    const circuit = createIssuerCircuit({ fetch, clock, random: () => 0, failuresToOpen: 3 })
    await Promise.all(answers.map(() => circuit.fetch(url)))
    await clock.advance(6900)
    expect(circuit.open()).toEqual(['https://issuer.test'])
    await clock.advance(200)
    expect(circuit.open()).toEqual([])
  })

  it('stays closed over what an issuer says of one credential, and waits as long as it is told to', async () => {
    const clock = createFakeClock()
    let answer = () => new Response('{}', { status: 401 })
    const circuit = createIssuerCircuit({ fetch: async () => answer(), clock, failuresToOpen: 2 })
    for (let index = 0; index < 5; index += 1) await circuit.fetch(url)
    expect(circuit.open()).toEqual([])
    answer = () => new Response('{}', { status: 429, headers: { 'retry-after': '30' } })
    await circuit.fetch(url)
    expect(circuit.open()).toEqual(['https://issuer.test'])
    await clock.advance(30_001)
    expect(circuit.open()).toEqual([])
  })
})

/** Stands still until it is pushed: on a busy machine, the second for which a circuit opens is soon over. */
function createMovableClock(): Clock & { move(milliseconds: number): void } {
  let nowMs = systemClock.now()
  return {
    ...systemClock,
    now: () => nowMs,
    move: (milliseconds) => {
      nowMs += milliseconds
    },
  }
}
