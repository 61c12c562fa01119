import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { AuthError, systemClock, type Clock } from '../core/index.js'
import { guardConnections, type ConnectionGuard } from './connection-guard.js'
import { openGateway, type Gateway, type OpenGateway } from './create-gateway.js'
import { createTlsServer } from './create-tls-server.js'
import type { GatewayOptions } from './gateway-options.js'
import { writeAnswer } from './given-answer.js'
import { readIncomingQuestion } from './incoming-question.js'
import { refuseExposure, toOrigins } from './listen-address.js'

/** Where a gateway listens. */
export interface ListenOptions {
  /** 0, any free port, when not given. */
  readonly port?: number | undefined
  /** `127.0.0.1` when not given. Anything but loopback has to be allowed, and needs `tls`. */
  readonly address?: string | undefined
  /** Whether other machines may reach it. */
  readonly allowRemote?: boolean | undefined
  /** A certificate and its key, PEM. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
  /** How long requests that run may go on when it is closed, in milliseconds; 30 seconds when not given. */
  readonly graceMs?: number | undefined
  /** 1024 when not given. */
  readonly mostConnections?: number | undefined
}

/** A gateway that listens. */
export interface GatewayListener {
  readonly gateway: Gateway
  /** What clients are told: `http://127.0.0.1:8787`. Where every address of the machine is listened on, the first of `hosts`. */
  readonly origin: string
  /** Where this machine reaches it, whatever the names that lead here. */
  readonly localOrigin: string
  /** Takes no more requests, lets those that run come to their end, and closes. */
  close(): Promise<void>
}

/** A client that takes longer to say what it wants is sent away (RFC 9112 9.5 leaves the time to us). */
const serverLimits: ServerOptions = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 2000,
  /** Of a connection's bytes: a stream is held back later than by default, and its reader is woken less often. */
  highWaterMark: 64 * 1024,
}

/**
 * Listens with a gateway.
 *
 * @throws AuthError `ERR_CONFIG_LISTEN` when nobody can listen there, or when it is open to other machines without their say or without TLS
 */
export async function listenGateway(
  options: Omit<GatewayOptions, 'origin'>,
  at: ListenOptions = {},
): Promise<GatewayListener> {
  const { address = '127.0.0.1', port = 0, tls, graceMs = 30_000, mostConnections = 1024 } = at
  refuseExposure(at)
  const server = tls ? createTlsServer(serverLimits, tls) : createServer(serverLimits)
  const connections = guardConnections(server, mostConnections)
  await startListening(server, port, address)
  const { origin, localOrigin } = toOrigins({ address, port: portOf(server), isTls: tls !== undefined }, options.hosts)
  const open = openGateway({ ...options, origin })
  const { gateway } = open
  const answer = createListener(open, origin)
  server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    answer(incoming, outgoing).catch(() => outgoing.destroy())
  })
  const { clock = systemClock } = options
  return {
    gateway,
    origin,
    localOrigin,
    close: () => closeGracefully({ server, connections, gateway, graceMs, clock }),
  }
}

/**
 * A question is read from its connection, and its answer is written to it, without a `Request` and a `Response` in between: those take several times
 * as long as all the rest. Everything else goes by the routes, a failure too.
 */
function createListener({ gateway, answer }: OpenGateway, origin: string) {
  const { protocol } = new URL(origin)
  const answers = new WeakMap<object, Response>()
  const byRoutes = getRequestListener(
    async (request, { incoming }) => answers.get(incoming) ?? gateway.fetch(request),
    { overrideGlobalObjects: false },
  )
  return async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const asked = readIncomingQuestion(protocol, incoming, outgoing)
    if (!asked) return byRoutes(incoming, outgoing)
    const given = await answer(asked.path, asked.question)
    if (!(given instanceof Response)) return writeAnswer(given, outgoing)
    answers.set(incoming, given)
    return byRoutes(incoming, outgoing)
  }
}

function startListening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(new AuthError('ERR_CONFIG_LISTEN', `The gateway cannot listen (${error.message}).`, { cause: error }))
    server.once('error', fail)
    server.listen(port, host, () => {
      server.off('error', fail)
      resolve()
    })
  })
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

interface Closing {
  readonly server: Server
  readonly connections: ConnectionGuard
  readonly gateway: Gateway
  readonly graceMs: number
  readonly clock: Clock
}

async function closeGracefully({ server, connections, gateway, graceMs, clock }: Closing): Promise<void> {
  const waiting = new AbortController()
  gateway.drain()
  const closed = new Promise((resolve) => server.close(resolve))
  connections.closeIdle()
  await Promise.race([closed, clock.sleep(graceMs, waiting.signal)])
  waiting.abort()
  server.closeAllConnections()
  await closed
  await gateway.close()
}
