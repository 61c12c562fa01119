import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { withResolvers } from './with-resolvers.js'

/** What a request gets. */
export interface LoopbackAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/** Answers one request; it may take its time. */
export type AnswerRequest = (request: IncomingMessage) => LoopbackAnswer | Promise<LoopbackAnswer>

/** A port of this machine's loopback interface that nobody else can reach. */
export interface LoopbackListener {
  readonly port: number
  /** Where it listens, as it stands in a URL: `127.0.0.1`, `[::1]`. */
  readonly hosts: readonly string[]
  /** How a browser is sent there: `http://127.0.0.1:1455`, or under the name `localhost` on a machine without IPv4. */
  readonly origin: string
  /** Requests that came before wait for this. */
  serve(answer: AnswerRequest): void
  /** Takes no more connections, lets the answers that are on their way arrive, and releases the port. */
  close(): Promise<void>
}

const ipv4 = '127.0.0.1'
/** The one the redirect names comes first; the other is for a browser that was sent to `localhost`. */
const loopbackAddresses = [ipv4, '::1']

/** Nothing here is big or slow, so who is either is not who we wait for. */
const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 5000,
  requestTimeout: 5000,
  connectionsCheckingInterval: 1000,
}

/** How many connections may stay silent; a browser opens a handful. */
const silentConnections = 64
/** An answer fits into the buffers of the system, so nobody needs longer than this. */
const closingGraceMs = 1000

/**
 * Listens on both loopback addresses, on one port; one is enough when this machine has no other, or when the second is taken.
 *
 * @throws The system's own error, `EADDRINUSE` among them, when the first address cannot be had
 */
export async function listenOnLoopback(port: number, addresses = loopbackAddresses): Promise<LoopbackListener> {
  const { promise: answering, resolve: serve } = withResolvers<AnswerRequest>()
  const silent = new Set<Socket>()
  const servers: Server[] = []
  let bound: AddressInfo | undefined
  let failure: unknown
  for (const address of addresses) {
    const server = createLoopbackServer(answering, silent)
    try {
      bound = await startListening(server, bound?.port ?? port, address)
      servers.push(server)
    } catch (error) {
      failure ??= error
      if (!bound && !isMissingFamily(error)) break
    }
  }
  if (!bound) throw failure
  const hosts = servers.map(hostOf)
  const origin = `http://${hosts.includes(ipv4) ? ipv4 : 'localhost'}:${bound.port}`
  return { port: bound.port, hosts, origin, serve, close: () => closeAll(servers, silent) }
}

function createLoopbackServer(answering: Promise<AnswerRequest>, silent: Set<Socket>): Server {
  const server = createServer(limits, (request, response) => {
    silent.delete(request.socket)
    void reply(answering, request, response)
  })
  server.on('connection', (socket) => watchSilence(silent, socket))
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end(badRequest)
  })
  return server
}

/** The oldest silent connection makes room, so that no number of them keeps a browser out. */
function watchSilence(silent: Set<Socket>, socket: Socket): void {
  silent.add(socket)
  socket.once('close', () => silent.delete(socket))
  const [oldest = socket] = silent
  if (silent.size <= silentConnections) return
  silent.delete(oldest)
  oldest.destroy()
}

async function reply(
  answering: Promise<AnswerRequest>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const answer = await answering
    const { status, headers, body } = await answer(request)
    // A connection that is kept alive would keep the port from the next sign-in (protocol 2.4).
    response.writeHead(status, { ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) }).end(body)
  } catch {
    response.destroy()
  }
}

/** What is no HTTP, or too much of it. */
const badRequest =
  'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nBad Request'

function startListening(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host, exclusive: true }, () => {
      server.off('error', reject)
      resolve(addressOf(server))
    })
  })
}

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('The server does not listen on a port.')
  return address
}

function hostOf(server: Server): string {
  const { address, family } = addressOf(server)
  return family === 'IPv6' ? `[${address}]` : address
}

/** This machine does not speak that version of IP, or has no such address. */
function isMissingFamily(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(EADDRNOTAVAIL|EAFNOSUPPORT)$/.test(String(error.code))
}

async function closeAll(servers: readonly Server[], silent: ReadonlySet<Socket>): Promise<void> {
  const closed = Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  for (const socket of silent) socket.destroy()
  const timeUp = setTimeout(() => {
    for (const server of servers) server.closeAllConnections()
  }, closingGraceMs)
  await closed
  clearTimeout(timeUp)
}
