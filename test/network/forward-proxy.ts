import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface ForwardProxyOptions {
  /** The hosts it can reach, each with the port on loopback where it really is. */
  readonly hosts?: Readonly<Record<string, number>>
  /** Speaks https to its clients, with this. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Whom it lets through, as `user:password`; everybody when not given. */
  readonly credentials?: string
  /** Answers so to everybody. */
  readonly status?: number
  /** Says nothing to anybody. */
  readonly isSilent?: boolean
}

/** A forward proxy on loopback that counts. It is the only one who knows where its hosts are. */
export interface ForwardProxy {
  readonly url: string
  /** Without the scheme. */
  readonly host: string
  /** What it was asked for: `host:port` for a tunnel, else the whole URL. */
  readonly targets: readonly string[]
  /** Of each request, in the order of `targets`. */
  readonly authorizations: readonly (string | undefined)[]
  close(): Promise<void>
}

/** Where a request may go on to, or the status that says why it may not. */
type Decision = { readonly port: number } | { readonly status: number }

export async function createForwardProxy(options: ForwardProxyOptions = {}): Promise<ForwardProxy> {
  const { tls, isSilent = false } = options
  const targets: string[] = []
  const authorizations: (string | undefined)[] = []
  const admit = ({ url = '', headers }: IncomingMessage, host: string): Decision => {
    targets.push(url)
    authorizations.push(headers['proxy-authorization'])
    return decide(options, host, headers['proxy-authorization'])
  }
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const decision = admit(incoming, new URL(incoming.url ?? '').host)
    if (isSilent) return
    if ('port' in decision) forward(incoming, outgoing, decision.port)
    else outgoing.writeHead(decision.status).end()
  }
  const server = tls ? createTlsServer(tls, onRequest) : createServer(onRequest)
  server.on('connect', (incoming: IncomingMessage, client: Socket) => {
    const decision = admit(incoming, incoming.url ?? '')
    if (isSilent) return
    if ('port' in decision) tunnel(client, decision.port)
    else client.end(`HTTP/1.1 ${decision.status} No\r\nContent-Length: 0\r\n\r\n`)
  })
  const close = closerOf(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url: `${tls ? 'https' : 'http'}://${host}`, host, targets, authorizations, close }
}

function decide(options: ForwardProxyOptions, host: string, authorization: string | undefined): Decision {
  const { credentials, status, hosts = {} } = options
  if (credentials && authorization !== `Basic ${Buffer.from(credentials).toString('base64')}`) return { status: 407 }
  if (status !== undefined) return { status }
  const port = hosts[host]
  return port === undefined ? { status: 502 } : { port }
}

/** Closes the server and the tunnels through it, which are no longer its own. */
function closerOf(server: Server): () => Promise<void> {
  const sockets = new Set<Duplex>()
  for (const event of ['connection', 'secureConnection']) {
    server.on(event, (socket: Duplex) => {
      sockets.add(socket)
      // A client that does not like our certificate hangs up.
      socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    })
  }
  return async () => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
}

function tunnel(client: Socket, port: number): void {
  const upstream = connect(port, '127.0.0.1', () => {
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    upstream.pipe(client).pipe(upstream)
  })
  upstream.on('error', () => client.destroy())
  client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy())
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, port: number): void {
  const { pathname, search } = new URL(incoming.url ?? '')
  const { method, headers } = incoming
  const onward = request({ host: '127.0.0.1', port, path: `${pathname}${search}`, method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(outgoing)
  })
  onward.on('error', () => outgoing.destroy())
  incoming.pipe(onward)
}
