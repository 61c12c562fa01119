import { createPublicKey } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import {
  AuthError,
  isJsonObject,
  parseJsonObject,
  readString,
  type Clock,
  type JsonObject,
  type JsonValue,
} from '../../core/index.js'
import { createVaultService, type HostTrust, type Vault, type VaultTracer } from '../../vault/index.js'
import type { Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { readPort } from '../read-port.js'
import { untilInterrupted } from '../until-interrupted.js'
import { connectVault, readSetting } from './connect-vault.js'

export const defaultAudience = 'planpass-vault'
/** How long a balancer has to notice that nothing new is wanted, and then answers that run to end. */
const drainMs = 2000
const closingGraceMs = 30_000

/** Serves the vault until it is told to stop, and then ends what it has begun. TLS is for what stands before it. */
export async function serveVault(invocation: Invocation): Promise<number> {
  const hosts = await readHosts(invocation.options.text('hosts-file'))
  const tracer = await loadTracer()
  const { vault, close } = await connectVault(invocation, tracer)
  try {
    await serveHosts(invocation, vault, hosts, tracer)
  } finally {
    await close()
  }
  return exitCodes.ok
}

/** Serves these hosts until the program is told to stop. */
export async function serveHosts(
  invocation: Invocation,
  vault: Vault,
  hosts: readonly HostTrust[],
  tracer?: VaultTracer,
): Promise<void> {
  const { host, options } = invocation
  // Before anybody is told that it serves: from then on it may be told to stop.
  const { interrupted } = host
  const port = readPort(options.text('port'))
  const audience = options.text('audience') ?? defaultAudience
  const redirectUri = options.text('redirect-uri')
  const redirectUris = redirectUri === undefined ? [] : [redirectUri]
  const service = createVaultService({ vault, hosts, audience, redirectUris, ...(tracer && { tracer }) })
  const server = await listen(service.fetch, options.text('listen') ?? '127.0.0.1', port)
  announce(invocation, server)
  await untilInterrupted(interrupted)
  service.drain()
  await host.clock.sleep(drainMs)
  await closeGracefully(server, host.clock)
}

/**
 * OpenTelemetry, where it is installed. It records nothing until an SDK is registered, as
 * `NODE_OPTIONS='--import @opentelemetry/auto-instrumentations-node/register'` does.
 */
async function loadTracer(): Promise<VaultTracer | undefined> {
  const api = await import('@opentelemetry/api').catch(() => undefined)
  return api?.trace.getTracer('planpass')
}

async function listen(fetch: (request: Request) => Promise<Response>, address: string, port: number): Promise<Server> {
  const { getRequestListener } = await import('@hono/node-server')
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false })
  const server = createServer(
    (incoming: IncomingMessage, outgoing: ServerResponse) => void listener(incoming, outgoing),
  )
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error) =>
      reject(new AuthError('ERR_CONFIG_LISTEN', `The vault cannot listen (${error.message}).`, { cause: error }))
    server.once('error', fail)
    server.listen(port, address, () => {
      server.off('error', fail)
      resolve()
    })
  })
  return server
}

function announce({ host, options }: Invocation, server: Server): void {
  const address = server.address()
  const url = typeof address === 'object' && address ? `http://${address.address}:${address.port}` : ''
  if (options.isSet('json')) host.stdout.write(`${JSON.stringify({ event: 'listening', url })}\n`)
  else host.stderr.write(`The vault serves at ${url}. Ctrl-C stops it when it has ended what it has begun.\n`)
}

async function closeGracefully(server: Server, clock: Clock): Promise<void> {
  const waiting = new AbortController()
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeIdleConnections()
  await Promise.race([closed, clock.sleep(closingGraceMs, waiting.signal).catch(() => {})])
  waiting.abort()
  server.closeAllConnections()
  await closed
}

/** `{ "hosts": [{ "issuer", "tenants": [...], "keys": { "keys": [JWK, ...] } }] }`; public keys only. */
async function readHosts(file: string | undefined): Promise<HostTrust[]> {
  if (file === undefined) throw badHosts('--hosts-file is missing')
  const { hosts } = parseJsonObject(await readSetting(file, '--hosts-file')) ?? {}
  if (!Array.isArray(hosts) || hosts.length === 0) throw badHosts('The file of --hosts-file names no host')
  return hosts.map(parseHost)
}

function parseHost(value: JsonValue): HostTrust {
  const host = isJsonObject(value) ? value : {}
  const { tenants, keys } = host
  const issuer = readString(host, 'issuer')
  const list = isJsonObject(keys) ? keys['keys'] : undefined
  if (issuer === undefined || !isTextList(tenants) || !Array.isArray(list)) {
    throw badHosts('A host of --hosts-file lacks `issuer`, `tenants` or `keys`')
  }
  return { issuer, tenants, keys: { keys: list.map(parsePublicKey) } }
}

function parsePublicKey(value: JsonValue): HostTrust['keys']['keys'][number] {
  const kty = isJsonObject(value) ? readString(value, 'kty') : undefined
  // A private or symmetric key has nothing to do here: who can read this file could then speak as the host.
  if (!isJsonObject(value) || kty === undefined || kty === 'oct' || 'd' in value || !isWellFormed(value)) {
    throw badHosts('A key of --hosts-file is not a public key')
  }
  return { ...value, kty }
}

/** Else it would be found out at the first request, for which nobody could do anything. */
function isWellFormed(key: JsonObject): boolean {
  try {
    return createPublicKey({ key, format: 'jwk' }).type === 'public'
  } catch {
    return false
  }
}

function isTextList(value: JsonValue | undefined): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function badHosts(summary: string): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', `${summary}.`, { advice: 'See docs/vault.md for its shape.' })
}
