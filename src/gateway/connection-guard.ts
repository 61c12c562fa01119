import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Keeps a server's connections bounded. When there are too many, the oldest that asks nothing gives way to the new one: thousands of connections
 * that send their headers a byte at a time, or never, cost those who do ask nothing.
 *
 * @param event By which the server tells of a connection: `secureConnection` under TLS.
 */
export function guardConnections(
  server: Server,
  event: 'connection' | 'secureConnection',
  mostConnections: number,
): void {
  // Those who never finish the handshake of TLS are not told of yet.
  server.maxConnections = 2 * mostConnections
  const idle = new Set<Socket>()
  const busy = new Set<Socket>()

  function makeRoom(): void {
    if (idle.size + busy.size < mostConnections) return
    const [oldest] = idle
    if (!oldest) return
    idle.delete(oldest)
    oldest.destroy()
  }

  server.on(event, (socket: Socket) => {
    makeRoom()
    idle.add(socket)
    socket.once('close', () => {
      idle.delete(socket)
      busy.delete(socket)
    })
  })
  server.on('request', ({ socket }: IncomingMessage, outgoing: ServerResponse) => {
    idle.delete(socket)
    busy.add(socket)
    outgoing.once('close', () => {
      busy.delete(socket)
      if (!socket.destroyed) idle.add(socket)
    })
  })
}
