import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodexProvider, Secret, systemClock } from '../../src/core/index.js'
import { createEmulator, type Emulator, type EmulatorListener } from '../../src/testing/index.js'
import { createLocalKeys, createPgDriver, openVault } from '../../src/vault/index.js'
import { run } from '../../src/cli/run.js'
import { createFakeHost } from '../support/fake-host.js'
import { parseChatgpt } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import { startVaultLab, type VaultLab } from '../vault/vault-lab.js'

let lab: VaultLab
let folder: string
let emulator: Emulator
let listener: EmulatorListener
let behindMs = 61 * 60_000

beforeAll(async () => {
  lab = await startVaultLab()
  await lab.superuser.query('CREATE DATABASE command OWNER vault_owner')
  folder = await mkdtemp(join(tmpdir(), 'planpass-vault-'))
  emulator = createEmulator({ signingKey, clock: { ...systemClock, now: () => systemClock.now() - behindMs } })
  listener = await emulator.listen()
})
afterAll(async () => {
  await listener.close()
  await lab.dispose()
  await rm(folder, { recursive: true, force: true })
})

const keysFile = () => join(folder, 'keys')
const urlOf = (role: string) =>
  `postgres://${role}@localhost/command?host=${encodeURIComponent(lab.server.socketFolder)}`

function start(argv: readonly string[], role = 'vault_application') {
  const environment = {
    PLANPASS_VAULT_DATABASE_URL: urlOf(role),
    PLANPASS_ISSUER: listener.issuer,
    PLANPASS_BACKEND_URL: listener.backendUrl,
  }
  const host = createFakeHost({ clock: systemClock, environment })
  return { host, finished: run(['vault', ...argv, '--keys-file', keysFile()], host) }
}

async function finish(argv: readonly string[], role?: string) {
  const { host, finished } = start(argv, role)
  return { exitCode: await finished, stdout: host.transcript.stdout, stderr: host.transcript.stderr }
}

async function withVault<Result>(
  work: (vault: Awaited<ReturnType<typeof openVault>>) => Promise<Result>,
): Promise<Result> {
  const pool = lab.pool({ ...lab.application, database: 'command' }, 3)
  const keys = createLocalKeys(new Secret(await readFile(keysFile(), 'utf8')))
  const vault = await openVault({ driver: createPgDriver(pool), keys, provider: createCodexProvider(listener) })
  try {
    return await work(vault)
  } finally {
    await vault.close()
  }
}

describe('planpass vault', () => {
  it('makes a key, and a vault that another role may use', async () => {
    const made = await finish(['keys', 'new'])
    expect(made.stdout).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d:[\w+/]{43}=\n$/)
    await writeFile(keysFile(), made.stdout.replace(/^[^:]+/, 'one'), { mode: 0o600 })
    const migrate = ['migrate', '--grant-to', 'vault_application', '--json']
    expect(await finish(migrate, 'vault_owner')).toMatchObject({ exitCode: 0 })
    expect(await finish(migrate, 'vault_owner')).toMatchObject({ exitCode: 0 })
  })

  it('works off what is due', async () => {
    const owner = { tenant: 'acme', user: 'ada' }
    const issued = await emulator.issueTokens(undefined, { issuer: listener.issuer })
    const { idToken: id_token, accessToken: access_token, refreshToken: refresh_token } = issued
    const oauth_provenance = { issuer: listener.issuer, client_id: createCodexProvider(listener).clientId }
    const document = { tokens: { id_token, access_token, refresh_token, account_id: 'a', oauth_provenance } }
    const write = parseChatgpt(JSON.stringify(document))
    await withVault((vault) => vault.store(owner).update(async () => ({ write, result: undefined })))
    behindMs = 0
    const { exitCode, stdout } = await finish(['work', '--once', '--json'])
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ event: 'refreshed', ...owner })
    expect(emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
  })

  it('serves the hosts of its file until it is told to stop', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const hostsFile = join(folder, 'hosts.json')
    const hosts = [{ issuer: 'host', tenants: ['acme'], keys: { keys: [await exportJWK(publicKey)] } }]
    await writeFile(hostsFile, JSON.stringify({ hosts }))
    const exporter = new InMemorySpanExporter()
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
    const { host, finished } = start(['serve', '--hosts-file', hostsFile, '--json'])
    const [, url = ''] = await host.transcript.waitFor(/"url":"([^"]+)"/)
    const token = await new SignJWT({ tenant: 'acme', sub: 'ada' })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer('host')
      .setAudience('planpass-vault')
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(privateKey)
    const answer = await fetch(`${url}/status`, { headers: { authorization: `Bearer ${token}` } })
    expect(await answer.json()).toMatchObject({ state: 'valid' })
    expect((await fetch(`${url}/status`)).status).toBe(401)
    const spans = exporter.getFinishedSpans().map(({ name }) => name)
    expect(spans).toEqual(expect.arrayContaining(['vault status', 'vault planpass-read']))
    trace.disable()
    host.interrupt()
    expect(await finished).toBe(0)
  })

  it('wraps everything anew while it is in use, after which the old key opens nothing', async () => {
    const old = await readFile(keysFile(), 'utf8')
    const { stdout } = await finish(['keys', 'new'])
    await writeFile(keysFile(), `${stdout.replace(/^[^:]+/, 'two')}${old}`)
    const rotated = await finish(['keys', 'rotate', '--json'])
    expect(JSON.parse(rotated.stdout)).toEqual({ event: 'rotated', count: 1, currentKeyId: 'two' })
    await writeFile(keysFile(), stdout.replace(/^[^:]+/, 'two'))
    const read = () => withVault((vault) => vault.store({ tenant: 'acme', user: 'ada' }).read())
    expect(await read()).toMatchObject({ mode: 'chatgpt' })
    await writeFile(keysFile(), old)
    await expect(read()).rejects.toMatchObject({ code: 'ERR_STORE_DECRYPT' })
  })

  it.each([
    [['nothing'], 'This takes one of'],
    [['serve'], '--hosts-file is missing'],
  ])('says what is wrong with %j', async (argv, words) => {
    const { exitCode, stderr } = await finish(argv)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(words)
  })

  it('takes no key that verifies nothing', async () => {
    const hostsFile = join(folder, 'broken.json')
    const key = { kty: 'EC', crv: 'P-256', x: '…', y: '…' }
    await writeFile(
      hostsFile,
      JSON.stringify({ hosts: [{ issuer: 'host', tenants: ['acme'], keys: { keys: [key] } }] }),
    )
    const { exitCode, stderr } = await finish(['serve', '--hosts-file', hostsFile])
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('not a public key') as string })
  })

  it('takes no key that could speak as a host', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    const hostsFile = join(folder, 'private.json')
    const hosts = [{ issuer: 'host', tenants: ['acme'], keys: { keys: [await exportJWK(privateKey)] } }]
    await writeFile(hostsFile, JSON.stringify({ hosts }))
    const { exitCode, stderr } = await finish(['serve', '--hosts-file', hostsFile])
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('not a public key') as string })
  })
})
