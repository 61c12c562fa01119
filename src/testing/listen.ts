import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { getRequestListener, type Http2Bindings, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { createCertificateAuthority } from './certificate-authority.js'
import type { EmulatorListener, ListenOptions } from './emulator.js'
import { DroppedConnectionError } from './faults.js'

/** Loopback only: whoever reaches the emulator can sign in as anybody. */
const host = '127.0.0.1'

/** What listens: the answers, and whoever wants the upgrades. */
export interface ListenParts {
  readonly answer: (request: Request, server: object) => Promise<Response>
  /** Takes over a server's websocket upgrades; returns what ends them. */
  readonly serveWebSockets: (server: Server) => Promise<() => void>
}

/** Opens the http listener and, when asked, the https one beside it. */
export async function listen(parts: ListenParts, options: ListenOptions): Promise<EmulatorListener> {
  const serve = getRequestListener(toServerFetch(parts), { overrideGlobalObjects: false })
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse) => void serve(incoming, outgoing)
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    await Promise.all(closers.map((closeOne) => closeOne()))
  }
  const open = async (server: Server, port: number) => {
    const endWebSockets = options.webSocket === true ? await parts.serveWebSockets(server) : undefined
    await startListening(server, port)
    closers.push(() => stopListening(server, endWebSockets))
    return `${host}:${portOf(server)}`
  }

  const issuer = `http://${await open(createServer(onRequest), options.port ?? 0)}`
  const listener = { issuer, backendUrl: `${issuer}/backend-api`, apiUrl: `${issuer}/v1`, close }
  if (options.tls === undefined || options.tls === false) return listener

  const { hosts = [], port = 0 } = options.tls === true ? {} : options.tls
  try {
    const authority = createCertificateAuthority()
    const server = createTlsServer(authority.issue([host, '::1', 'localhost', ...hosts]), onRequest)
    const tlsIssuer = `https://${await open(server, port)}`
    return { ...listener, tls: { issuer: tlsIssuer, backendUrl: `${tlsIssuer}/backend-api`, caPem: authority.caPem } }
  } catch (error) {
    await close()
    throw error
  }
}

/** A connection that drops closes its socket, which is what the other side would see of it. */
function toServerFetch({ answer }: ListenParts) {
  return async (request: Request, bindings: HttpBindings | Http2Bindings) => {
    const hangUp = () => bindings.incoming.socket.destroy()
    try {
      return hangingUpOnError(await answer(request, bindings), hangUp)
    } catch (error) {
      if (!(error instanceof DroppedConnectionError) && !request.signal.aborted) throw error
      hangUp()
      return RESPONSE_ALREADY_SENT
    }
  }
}

/** The response, whose body hangs up where it would fail: a broken connection is part of the script, not a fault of the server. */
function hangingUpOnError(response: Response, hangUp: () => void): Response {
  if (response.body === null) return response
  const reader = response.body.getReader()
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const chunk = await reader.read().catch(hangUp)
    if (chunk?.value === undefined) controller.close()
    else controller.enqueue(chunk.value)
  }
  const body = new ReadableStream({ pull, cancel: (reason) => reader.cancel(reason) }, { highWaterMark: 0 })
  return new Response(body, response)
}

function startListening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function stopListening(server: Server, endWebSockets: (() => void) | undefined): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  endWebSockets?.()
  server.closeAllConnections()
  await closed
}
