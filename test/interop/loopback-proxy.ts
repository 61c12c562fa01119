import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, type Socket, connect } from 'node:net'
import type { Duplex } from 'node:stream'

/** A proxy that lets nothing out of the machine. */
export interface LoopbackProxy {
  readonly url: string
  /** Every host and port somebody asked to be connected to. */
  readonly targets: readonly string[]
  close(): Promise<void>
}

/** Refuses and remembers: with it as the only way out, an attempt at a real host shows and fails. */
export async function createClosedProxy(): Promise<LoopbackProxy> {
  return createProxy((client) => client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'))
}

/** Ends every connection at this port of the loopback interface, whatever host was asked for. */
export async function createInterceptingProxy(port: number): Promise<LoopbackProxy> {
  return createProxy((client) => {
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    upstream.on('error', () => client.destroy())
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy())
  })
}

async function createProxy(onConnect: (client: Duplex) => void): Promise<LoopbackProxy> {
  const targets: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    targets.push(request.url ?? '')
    response.writeHead(403).end()
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('connect', (request, client) => {
    targets.push(request.url ?? '')
    onConnect(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    targets,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
