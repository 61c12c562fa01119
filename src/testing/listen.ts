import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer, type HttpBindings, type ServerType } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { createCertificateAuthority } from './certificate-authority.js'
import type { EmulatorListener, ListenOptions } from './emulator.js'
import { DroppedConnectionError } from './faults.js'

/** Loopback only: whoever reaches the emulator can sign in as anybody. */
const host = '127.0.0.1'

type Answer = (request: Request, server: object) => Promise<Response>

/** Opens the http listener and, when asked, the https one beside it. */
export async function listen(answer: Answer, options: ListenOptions, onClose: () => void): Promise<EmulatorListener> {
  const fetch = toServerFetch(answer)
  const tlsOptions = options.tls === true ? {} : options.tls === false ? undefined : options.tls
  const plain = await open(
    createAdaptorServer({ fetch, createServer, overrideGlobalObjects: false }),
    options.port ?? 0,
  )
  const servers = [plain]
  const issuer = `http://${host}:${portOf(plain)}`
  const close = async () => {
    onClose()
    await Promise.all(servers.map(closeServer))
  }
  if (tlsOptions === undefined) return { issuer, backendUrl: `${issuer}/backend-api`, close }

  const authority = createCertificateAuthority()
  const serverOptions = authority.issue([host, '::1', 'localhost', ...(tlsOptions.hosts ?? [])])
  const secure = createAdaptorServer({
    fetch,
    createServer: createTlsServer,
    serverOptions,
    overrideGlobalObjects: false,
  })
  try {
    servers.push(await open(secure, tlsOptions.port ?? 0))
  } catch (error) {
    await close()
    throw error
  }
  const tlsIssuer = `https://${host}:${portOf(secure)}`
  const tls = { issuer: tlsIssuer, backendUrl: `${tlsIssuer}/backend-api`, caPem: authority.caPem }
  return { issuer, backendUrl: `${issuer}/backend-api`, tls, close }
}

/** A dropped connection closes the socket, which is what the other side would see. */
function toServerFetch(answer: Answer) {
  return async (request: Request, bindings: object) => {
    try {
      return await answer(request, bindings)
    } catch (error) {
      if (!(error instanceof DroppedConnectionError) && !request.signal.aborted) throw error
      if (hasSocket(bindings)) bindings.incoming.socket.destroy()
      return RESPONSE_ALREADY_SENT
    }
  }
}

function hasSocket(bindings: object): bindings is HttpBindings {
  return 'incoming' in bindings
}

function open(server: ServerType, port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve(server)
    })
  })
}

function portOf(server: ServerType): number {
  return (server.address() as AddressInfo).port
}

async function closeServer(server: ServerType): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  ;(server as Server).closeAllConnections()
  await closed
}
