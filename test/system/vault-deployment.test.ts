import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { createLocalKey } from '../../src/vault/index.js'
import { findPostgres, initialisePostgres } from '../../src/vault/trial/postgres-program.js'
import { startPostgres, type PostgresServer } from '../vault/postgres-server.mjs'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const deployFolder = join(root, 'deploy/vault')
const passwords = { POSTGRES_PASSWORD: 'p', OWNER_PASSWORD: 'of-the-owner', APPLICATION_PASSWORD: 'of-the-application' }
const { PATH = '' } = process.env

let server: PostgresServer
let folder: string
const children: ChildProcess[] = []

/** A server that asks the two roles for their passwords, and the secrets, as they would be mounted. */
beforeAll(async () => {
  server = await startPostgres([], {
    prepare: async (data, account) => {
      await initialisePostgres(await findPostgres(), data, account)
      await writeFile(join(data, 'pg_hba.conf'), 'local all postgres trust\nlocal all all scram-sha-256\n')
    },
  })
  folder = await mkdtemp(join(tmpdir(), 'planpass-deploy-'))
  await writeFile(join(folder, 'keys'), `${createLocalKey('first')}\n`, { mode: 0o600 })
  const { publicKey } = await generateKeyPair('ES256')
  const hosts = [{ issuer: 'host', tenants: ['acme'], keys: { keys: [await exportJWK(publicKey)] } }]
  await writeFile(join(folder, 'hosts.json'), JSON.stringify({ hosts }))
  await run('sh', [join(deployFolder, 'roles.sh')], { env: { PATH, PGHOST: server.socketFolder, ...passwords } })
})
afterAll(async () => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

interface Task {
  readonly command: readonly string[]
  readonly databaseUrl: string
}

/** As the manifest has it: only where things lie is another, and the port is any. */
function start({ command, databaseUrl }: Task): ChildProcess {
  const [program, ...words] = command
  expect(program).toBe('node_modules/.bin/planpass')
  const moved = words
    .map((word) => word.replace(/\/run\/secrets\/hosts|\/secret\/hosts\.json/, join(folder, 'hosts.json')))
    .map((word) => word.replace(/\/run\/secrets\/vault-keys|\/secret\/keys/, join(folder, 'keys')))
    .map((word) => word.replace('0.0.0.0', '127.0.0.1').replace('8788', '0'))
  const url = databaseUrl.replace('@database/vault', `@localhost/vault?host=${encodeURIComponent(server.socketFolder)}`)
  const child = spawn(process.execPath, [join(root, 'dist/bin/planpass.cjs'), ...moved], {
    env: { PATH, PLANPASS_VAULT_DATABASE_URL: url },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  children.push(child)
  return child
}

async function untilPrinted(child: ChildProcess, words: RegExp): Promise<string> {
  let printed = ''
  child.stderr?.setEncoding('utf8')
  for await (const text of child.stderr ?? []) {
    printed += String(text)
    const found = words.exec(printed)
    if (found) return found[1] ?? ''
  }
  throw new Error(`It ended: ${printed}`)
}

/** Gently, as an orchestrator does. */
async function end(child: ChildProcess): Promise<number | null> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
  return child.exitCode
}

async function expectDeployment(
  tasks: Readonly<Record<'migrate' | 'serve' | 'work', Task>>,
  probes: readonly string[],
) {
  const migrating = start(tasks.migrate)
  const migrated = once(migrating, 'exit')
  await untilPrinted(migrating, /The vault is up to date/)
  expect(await migrated).toEqual([0, null])
  const serving = start(tasks.serve)
  const url = await untilPrinted(serving, /serves at (\S+)\./)
  for (const path of probes) {
    const { stdout } = await run('wget', ['-qO-', `${url}${path}`])
    expect(JSON.parse(stdout)).toMatchObject(path === '/ready' ? { ready: true } : { healthy: true })
  }
  const working = start(tasks.work)
  await untilPrinted(working, /The worker works/)
  expect(await Promise.all([end(working), end(serving)])).toEqual([0, 0])
}

interface Compose {
  readonly services: Readonly<
    Record<
      'database' | 'migrate' | 'serve' | 'work',
      {
        readonly command: readonly string[]
        readonly environment: Readonly<Record<string, string>>
        readonly healthcheck?: { readonly test: readonly string[] }
      }
    >
  >
}

interface Workload {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: { readonly template?: { readonly spec: { readonly containers: readonly Container[] } } }
}

interface Container {
  readonly name: string
  readonly command: readonly string[]
  readonly env: readonly {
    readonly name: string
    readonly valueFrom: { readonly secretKeyRef: { readonly key: string } }
  }[]
  readonly readinessProbe?: { readonly httpGet: { readonly path: string } }
  readonly livenessProbe?: { readonly httpGet: { readonly path: string } }
}

describe('a vault as it is deployed', () => {
  it('comes up from the compose file, is healthy by its checks, and ends gently', async () => {
    const text = await readFile(join(deployFolder, 'compose.yaml'), 'utf8')
    const filled = text.replace(/\$\{([A-Z_]+):\?\}/g, (_all, name: keyof typeof passwords) => passwords[name])
    const { services } = parse(filled, { merge: true }) as Compose
    const taskOf = (name: 'migrate' | 'serve' | 'work'): Task => ({
      command: services[name].command,
      databaseUrl: services[name].environment['PLANPASS_VAULT_DATABASE_URL'] ?? '',
    })
    const ready = services.database.healthcheck?.test[1]?.replace('127.0.0.1', server.socketFolder) ?? ''
    await run('sh', ['-c', ready], { env: { PATH } })
    const check = services.serve.healthcheck?.test ?? []
    expect(check.slice(0, 3)).toEqual(['CMD', 'wget', '-qO-'])
    const { pathname } = new URL(check[3] ?? '')
    await expectDeployment({ migrate: taskOf('migrate'), serve: taskOf('serve'), work: taskOf('work') }, [pathname])
  })

  it('comes up from the manifest for Kubernetes, is ready by its probes, and ends gently', async () => {
    const text = await readFile(join(deployFolder, 'kubernetes.yaml'), 'utf8')
    const containers = parseAllDocuments(text)
      .map((document) => document.toJS() as Workload)
      .flatMap(({ spec }) => spec.template?.spec.containers ?? [])
    const secret: Readonly<Record<string, string>> = {
      'owner-url': `postgres://vault_owner:${passwords.OWNER_PASSWORD}@database/vault`,
      'database-url': `postgres://vault_application:${passwords.APPLICATION_PASSWORD}@database/vault`,
    }
    const containerOf = (name: string) => containers.find((each) => each.name === name) as Container
    const taskOf = (name: string): Task => {
      const { command, env } = containerOf(name)
      return { command, databaseUrl: secret[env[0]?.valueFrom.secretKeyRef.key ?? ''] ?? '' }
    }
    const { readinessProbe, livenessProbe } = containerOf('serve')
    const probes = [readinessProbe, livenessProbe].flatMap((probe) => probe?.httpGet.path ?? [])
    expect(probes).toEqual(['/ready', '/health'])
    await expectDeployment({ migrate: taskOf('migrate'), serve: taskOf('serve'), work: taskOf('work') }, probes)
  })
})
