import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair } from 'jose'
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../../src/cli/run.js'
import { systemClock, type ChatgptCredential } from '../../src/core/index.js'
import { createEmulator } from '../../src/testing/index.js'
import {
  createPgDriver,
  createPostgresDriver,
  type Vault,
  type VaultDriver,
  type VaultOwner,
} from '../../src/vault/index.js'
import { createFakeHost } from '../support/fake-host.js'
import { credentialFrom } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import type { PostgresConnection } from '../vault/postgres-server.mjs'
import { hastyClock, keyText, startVaultLab, type VaultLab } from '../vault/vault-lab.js'
import { startPooler, type Pooler } from './pooler.js'

let lab: VaultLab
let pooler: Pooler | undefined
let folder: string
const clients: postgres.Sql[] = []
let credential: ChatgptCredential
let owner: VaultOwner
let users = 0

beforeAll(async () => {
  lab = await startVaultLab()
  // Fewer than want them, so that a statement rarely finds the connection of the one before.
  pooler = await startPooler(lab.server, 3)
  folder = await mkdtemp(join(tmpdir(), 'planpass-pooler-'))
  credential = await credentialFrom(createEmulator({ signingKey }))
})
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end({ timeout: 0 })))
  await pooler?.stop()
  await lab.dispose()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  users += 1
  owner = { tenant: 'acme', user: `user ${users}` }
})

const writing = async () => ({ write: credential, result: undefined })
const behind = () => {
  if (!pooler) throw new Error('The pooler was not started.')
  return pooler.connection('vault_application', 'vault')
}

function connectPostgres(connection: PostgresConnection): postgres.Sql {
  const made = postgres({ ...connection, max: 8, prepare: false, onnotice: () => {} })
  clients.push(made)
  return made
}

const drivers = {
  pg: (isDirect: boolean) =>
    createPgDriver(lab.pool(behind(), 8), isDirect ? { listenOver: lab.pool(lab.application, 1) } : {}),
  postgres: (isDirect: boolean) =>
    createPostgresDriver(connectPostgres(behind()), isDirect ? { listenOver: connectPostgres(lab.application) } : {}),
} satisfies Record<string, (isDirect: boolean) => VaultDriver>

describe.each(Object.entries(drivers))('a vault over %s behind PgBouncer in transaction mode', (_name, connect) => {
  it('changes and reads what is under way at once, whatever connection each statement gets', async () => {
    const vaults = await Promise.all([0, 1, 2].map(() => lab.open({ driver: connect(true) })))
    const counting = Array.from({ length: 60 }, (_, index) =>
      (vaults[index % 3] as Vault).store({ ...owner, user: `${owner.user} ${index % 6}` }).update(async (current) => {
        const lastRefreshMs = (current?.mode === 'chatgpt' ? (current.lastRefreshMs ?? 0) : 0) + 1
        return { write: { ...credential, lastRefreshMs }, result: undefined }
      }),
    )
    await Promise.all(counting)
    const reads = Array.from({ length: 6 }, (_, index) =>
      (vaults[0] as Vault).store({ ...owner, user: `${owner.user} ${index}` }).read(),
    )
    for (const found of await Promise.all(reads)) expect(found).toMatchObject({ lastRefreshMs: 10 })
  })

  it('hears of changes past the pooler, and reads from memory meanwhile', async () => {
    const [writer, reader] = await Promise.all([lab.open(), lab.open({ driver: connect(true) })])
    await expect.poll(() => reader.statistics().isListening).toBe(true)
    await writer.store(owner).update(writing)
    await reader.session(owner).credential()
    const { misses } = reader.statistics()
    await reader.session(owner).credential()
    expect(reader.statistics()).toMatchObject({ misses })
    await writer.store(owner).update(async () => ({ remove: true, result: undefined }))
    await expect.poll(() => reader.session(owner).status()).toMatchObject({ state: 'absent' })
  })

  it('knows that it hears nothing through the pooler, and asks the database each time', async () => {
    let said = 0
    const pooled = connect(false)
    const query: VaultDriver['query'] = async (statement, values) => {
      const rows = await pooled.query(statement, values)
      if (statement.name === 'planpass-speak') said += 1
      return rows
    }
    const [writer, reader] = await Promise.all([
      lab.open(),
      lab.open({ driver: { ...pooled, query }, clock: hastyClock }),
    ])
    await writer.store(owner).update(writing)
    await expect.poll(() => said, { timeout: 10_000 }).toBeGreaterThan(2)
    await reader.session(owner).credential()
    await reader.session(owner).credential()
    expect(reader.statistics()).toMatchObject({ isListening: false, hits: 0 })
    await writer.store(owner).update(async () => ({ remove: true, result: undefined }))
    expect(await reader.session(owner).status()).toMatchObject({ state: 'absent' })
  })
})

function urlOf({ host, port, user, database }: PostgresConnection): string {
  return `postgres://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`
}

/** Runs `planpass vault serve` until its metrics say `word`. @returns what `/ready` answers then */
async function serveUntil(word: string, environment: Record<string, string>): Promise<unknown> {
  const hostsFile = join(folder, 'hosts.json')
  const keysFile = join(folder, 'keys')
  const { publicKey } = await generateKeyPair('ES256')
  const hosts = [{ issuer: 'host', tenants: ['acme'], keys: { keys: [await exportJWK(publicKey)] } }]
  await writeFile(hostsFile, JSON.stringify({ hosts }))
  await writeFile(keysFile, keyText, { mode: 0o600 })
  const host = createFakeHost({ clock: systemClock, environment })
  const finished = run(['vault', 'serve', '--hosts-file', hostsFile, '--keys-file', keysFile, '--json'], host)
  try {
    const [, url = ''] = await host.transcript.waitFor(/"url":"([^"]+)"/)
    const measure = async () => (await fetch(`${url}/metrics`)).text()
    await expect.poll(measure).toContain(word)
    return await (await fetch(`${url}/ready`)).json()
  } finally {
    host.interrupt()
    await finished
  }
}

describe('planpass vault serve behind PgBouncer in transaction mode', () => {
  it('listens past it where it is told the way', async () => {
    const environment = {
      PLANPASS_VAULT_DATABASE_URL: urlOf(behind()),
      PLANPASS_VAULT_LISTEN_URL: urlOf(lab.application),
    }
    expect(await serveUntil('planpass_vault_listening 1', environment)).toMatchObject({ ready: true })
  })
})
