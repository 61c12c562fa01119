import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** The connections of a server. */
export interface ConnectionGuard {
  /** Closes whatever asks nothing, and from now on each connection that has got its answer. */
  closeIdle(): void
}

/**
 * Keeps a server's connections bounded. When there are too many, the oldest that asks nothing gives way to the new one: thousands of connections
 * that send their headers a byte at a time, or never, cost those who do ask nothing.
 *
 * @param event By which the server tells of a connection: `secureConnection` under TLS
 */
export function guardConnections(
  server: Server,
  event: 'connection' | 'secureConnection',
  mostConnections: number,
): ConnectionGuard {
  // Those who never finish the handshake of TLS are not told of yet.
  server.maxConnections = 2 * mostConnections
  const idle = new Set<Socket>()
  const busy = new Set<Socket>()
  let isClosing = false

  function makeRoom(): void {
    if (idle.size + busy.size < mostConnections) return
    const [oldest] = idle
    if (!oldest) return
    idle.delete(oldest)
    oldest.destroy()
  }

  function rest(socket: Socket): void {
    busy.delete(socket)
    if (isClosing) socket.end()
    else if (!socket.destroyed) idle.add(socket)
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
    outgoing.once('close', () => rest(socket))
  })
  return {
    closeIdle() {
      isClosing = true
      for (const socket of idle) socket.destroy()
    },
  }
}
