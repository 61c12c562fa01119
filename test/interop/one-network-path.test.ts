import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readModels, readUsage, streamResponse } from '../../src/backend/index.js'
import {
  createClientIdentity,
  createCodexProvider,
  createMemoryStore,
  createSession,
  systemClock,
  type CredentialStore,
} from '../../src/core/index.js'
import { toCredential } from '../../src/core/oauth.js'
import {
  authorizationCodeRequest,
  devicePollRequest,
  processAuthorizationCodeResponse,
  processDevicePollResponse,
  processUserCodeResponse,
  userCodeRequest,
} from '../../src/core/oauth.js'
import { createTransport, type NetworkEnvironment } from '../../src/network/index.js'
import { createCertificateAuthority } from '../../src/testing/certificate-authority.js'
import { createEmulator, writeCaFile, type Emulator, type RequestLogEntry } from '../../src/testing/index.js'
import { createForwardProxy, type ForwardProxy } from '../network/forward-proxy.js'
import { printedUserCode } from '../support/cli-lab.js'
import { startCli, type CliProcess } from '../support/cli-process.js'
import { signingKey } from '../support/signing-key.js'
import { withCodexLab } from './codex-lab.js'

/** No resolver knows these, so that whatever reaches the emulator under them has come through the proxy. */
const issuerHost = 'auth.example.test'
const backendHost = 'chatgpt.example.test'
const issuer = `https://${issuerHost}`
const backendUrl = `https://${backendHost}/backend-api`

interface Lab {
  readonly emulator: Emulator
  readonly proxy: ForwardProxy
  /** The proxy and the authorities, under the variables of the way. */
  readonly environment: NetworkEnvironment
}

interface Way {
  readonly proxyVariable: 'HTTPS_PROXY' | 'https_proxy' | 'ALL_PROXY'
  readonly authoritiesVariable: 'CODEX_CA_CERTIFICATE' | 'SSL_CERT_FILE' | 'NODE_EXTRA_CA_CERTS'
  readonly proxyProtocol: 'http' | 'https'
  readonly credentials?: string
}

const ways: readonly Way[] = [
  { proxyVariable: 'HTTPS_PROXY', authoritiesVariable: 'CODEX_CA_CERTIFICATE', proxyProtocol: 'http' },
  {
    proxyVariable: 'https_proxy',
    authoritiesVariable: 'SSL_CERT_FILE',
    proxyProtocol: 'https',
    credentials: 'ada:s%40',
  },
  {
    proxyVariable: 'ALL_PROXY',
    authoritiesVariable: 'NODE_EXTRA_CA_CERTS',
    proxyProtocol: 'http',
    credentials: 'ada:s',
  },
]

/** An emulator behind a proxy that alone knows where it is, each with a certificate of a private authority. */
async function withLab(way: Way, body: (lab: Lab) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'planpass-network-'))
  const emulator = createEmulator({ deviceIntervalSeconds: 1, signingKey })
  const listener = await emulator.listen({ tls: { hosts: [issuerHost, backendHost] } })
  const port = Number(new URL(listener.tls?.issuer ?? '').port)
  const authority = createCertificateAuthority()
  const credentials = way.credentials && decodeURIComponent(way.credentials)
  const proxy = await createForwardProxy({
    hosts: { [`${issuerHost}:443`]: port, [`${backendHost}:443`]: port },
    ...(way.proxyProtocol === 'https' && { tls: authority.issue(['127.0.0.1']) }),
    ...(credentials && { credentials }),
  })
  const caFile = join(folder, 'ca.pem')
  await writeCaFile(caFile, authority.caPem + (listener.tls?.caPem ?? ''))
  const proxyUrl = way.credentials ? proxy.url.replace('://', `://${way.credentials}@`) : proxy.url
  try {
    await body({
      emulator,
      proxy,
      environment: { [way.proxyVariable]: proxyUrl, [way.authoritiesVariable]: caFile, NO_PROXY: 'intranet.test' },
    })
  } finally {
    await Promise.all([proxy.close(), listener.close(), rm(folder, { recursive: true, force: true })])
  }
}

/** What reached the emulator, as `endpoint host`. */
function arrivals(log: readonly RequestLogEntry[]): string[] {
  return log.map(({ endpoint, origin }) => `${endpoint} ${new URL(origin).host}`)
}

describe.each(ways)('all that the library sends, by $proxyVariable and $authoritiesVariable', (way) => {
  it(`goes through a proxy that speaks ${way.proxyProtocol}, each class of requests counted`, async () => {
    await withLab(way, async (lab) => {
      const counted: [request: string, tunnels: readonly string[]][] = []
      /** With a transport of its own, so that each request needs a tunnel of its own. */
      const count = async <Result>(work: (fetch: typeof globalThis.fetch) => Promise<Result>): Promise<Result> => {
        lab.emulator.clearLog()
        const before = lab.proxy.targets.length
        const result = await work(await createTransport(lab.environment))
        counted.push([arrivals(lab.emulator.log).join(), lab.proxy.targets.slice(before)])
        return result
      }
      const store = await signIn(lab, count)
      await useAll(store, count)
      const [toIssuer, toBackend] = [[`${issuerHost}:443`], [`${backendHost}:443`]]
      expect(counted).toEqual([
        [`device-user-code ${issuerHost}`, toIssuer],
        [`device-token ${issuerHost}`, toIssuer],
        [`token ${issuerHost}`, toIssuer],
        [`token ${issuerHost}`, toIssuer],
        [`models ${backendHost}`, toBackend],
        [`usage ${backendHost}`, toBackend],
        [`responses ${backendHost}`, toBackend],
        [`revoke ${issuerHost}`, toIssuer],
      ])
    })
  })
})

type Count = <Result>(work: (fetch: typeof globalThis.fetch) => Promise<Result>) => Promise<Result>

const provider = createCodexProvider({ issuer, backendUrl })
const identity = createClientIdentity()

/** User code, poll, exchange. */
async function signIn({ emulator }: Lab, count: Count): Promise<CredentialStore> {
  const nowMs = systemClock.now()
  const code = await count(async (fetch) =>
    processUserCodeResponse(provider, await userCodeRequest(provider, { fetch, identity }), nowMs),
  )
  emulator.approve(code.userCode)
  const poll = await count(async (fetch) =>
    processDevicePollResponse(provider, await devicePollRequest(provider, code, { fetch, identity })),
  )
  if (poll.state !== 'approved') throw new Error(`The code is ${poll.state}.`)
  const tokens = await count(async (fetch) =>
    processAuthorizationCodeResponse(await authorizationCodeRequest(provider, poll.grant, { fetch, identity })),
  )
  return createMemoryStore(toCredential({ provider, tokens, nowMs, replaces: undefined }))
}

/** Refresh, models, usage, an answer as a stream, revocation. */
async function useAll(store: CredentialStore, count: Count): Promise<void> {
  const open = (fetch: typeof globalThis.fetch) => createSession({ store, provider, fetch, identity })
  await count((fetch) => open(fetch).refresh())
  expect((await count((fetch) => readModels(open(fetch)))).models).not.toEqual([])
  expect((await count((fetch) => readUsage(open(fetch)))).planType).toBe('plus')
  const types = await count(async (fetch) => {
    const request = { model: 'gpt-5.5', instructions: 'Be brief.', input: [] }
    const seen: string[] = []
    for await (const { type } of streamResponse(open(fetch), request)) seen.push(type)
    return seen
  })
  expect(types.at(-1)).toBe('response.completed')
  expect(await count((fetch) => open(fetch).signOut())).toEqual({ removed: true, revocation: 'revoked' })
}

/** The built command under these variables and no others. */
async function withCommand(
  environment: NetworkEnvironment,
  body: (start: (...argv: string[]) => CliProcess) => Promise<void>,
): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'planpass-network-'))
  const all = { ...environment, PLANPASS_HOME: home, PLANPASS_ISSUER: issuer, PLANPASS_BACKEND_URL: backendUrl }
  const started: CliProcess[] = []
  try {
    await body((...argv) => {
      const child = startCli(argv, { environment: all as Record<string, string> })
      started.push(child)
      return child
    })
  } finally {
    for (const child of started) child.stop('SIGKILL')
    await Promise.all(started.map(({ finished }) => finished))
    await rm(home, { recursive: true, force: true })
  }
}

async function approveLogin(login: CliProcess, emulator: Emulator): Promise<void> {
  const [, userCode = ''] = await login.waitForOutput(printedUserCode)
  emulator.approve(userCode)
  expect(await login.finished).toMatchObject({ exitCode: 0, stderr: '' })
}

const commands: readonly (readonly [name: string, ...rest: string[]])[] = [
  ['login', '--device', '--json'],
  ['refresh'],
  ['models'],
  ['usage'],
  ['ask', 'Hello'],
  ['doctor'],
  ['logout'],
]

describe.each(ways)('the command, by $proxyVariable and $authoritiesVariable', (way) => {
  it(`goes through a proxy that speaks ${way.proxyProtocol} with each of its commands`, async () => {
    await withLab(way, async ({ emulator, proxy, environment }) => {
      const seen: Record<string, [requests: string[], hosts: string[]]> = {}
      await withCommand(environment, async (start) => {
        for (const argv of commands) {
          emulator.clearLog()
          const before = proxy.targets.length
          const [name] = argv
          const command = start(...argv)
          if (name === 'login') await approveLogin(command, emulator)
          const { exitCode, stderr } = await command.finished
          expect({ argv, exitCode, stderr }).toMatchObject({ exitCode: 0 })
          const tunnels = proxy.targets.slice(before)
          seen[name] = [[...new Set(arrivals(emulator.log))], [...new Set(tunnels)]]
        }
      })
      const [toIssuer, toBackend] = [[`${issuerHost}:443`], [`${backendHost}:443`]]
      expect(seen).toEqual({
        login: [['device-user-code', 'device-token', 'token'].map((endpoint) => `${endpoint} ${issuerHost}`), toIssuer],
        refresh: [[`token ${issuerHost}`], toIssuer],
        models: [[`models ${backendHost}`], toBackend],
        usage: [[`usage ${backendHost}`], toBackend],
        ask: [[`responses ${backendHost}`], toBackend],
        doctor: [[`discovery ${issuerHost}`], toIssuer],
        logout: [[`revoke ${issuerHost}`], toIssuer],
      })
    })
  })
})

describe('the command', () => {
  const [way] = ways as [Way]

  it('reaches nothing without the variables, and says which way it went', async () => {
    await withLab(way, async ({ emulator, proxy }) => {
      await withCommand({}, async (start) => {
        const { exitCode, stdout } = await start('login', '--device', '--json').finished
        expect(exitCode).toBe(5)
        expect(JSON.parse(stdout)).toMatchObject({
          code: 'ERR_NETWORK_UNREACHABLE',
          message: expect.stringContaining('directly (no variable names a proxy for https)'),
        })
      })
      expect([...emulator.log, ...proxy.targets]).toEqual([])
    })
  })

  it('stops before any request when a variable names no proxy or no authority that can be used', async () => {
    await withLab(way, async ({ emulator, proxy, environment }) => {
      for (const [variable, value] of [
        ['HTTPS_PROXY', 'socks5://ada:proxy-password@127.0.0.1:1080'],
        ['CODEX_CA_CERTIFICATE', '/nowhere/ca.pem'],
      ] as const) {
        await withCommand({ ...environment, [variable]: value }, async (start) => {
          const { exitCode, stdout, stderr } = await start('login', '--device', '--json').finished
          expect(exitCode).toBe(2)
          expect(stdout + stderr).toContain(variable)
          expect(stdout + stderr).not.toContain('proxy-password')
        })
      }
      expect([...emulator.log, ...proxy.targets]).toEqual([])
    })
  })
})

it('takes the same tunnels to sign in as the real codex does with the same variables', async () => {
  await withCodexLab({ interceptedHosts: [issuerHost] }, async ({ emulator, home, proxy, start }) => {
    const codex = await start(['login', '--device-auth', '--experimental_issuer', issuer])
    const [, userCode = ''] = await codex.waitForOutput(/one-time code[^\n]*\n\s*([A-Z0-9]+-[A-Z0-9]+)/)
    emulator.approve(userCode)
    expect((await codex.finished).exitCode).toBe(0)
    const ofCodex = [new Set(arrivals(emulator.log)), new Set(proxy.targets)]
    emulator.clearLog()
    const before = proxy.targets.length
    const environment = { HTTPS_PROXY: proxy.url, CODEX_CA_CERTIFICATE: home.caFile }
    await withCommand(environment, async (startCommand) => {
      await approveLogin(startCommand('login', '--device', '--json'), emulator)
    })
    expect([new Set(arrivals(emulator.log)), new Set(proxy.targets.slice(before))]).toEqual(ofCodex)
  })
})
