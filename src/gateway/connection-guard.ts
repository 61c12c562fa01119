import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** The connections of a server. */
export interface ConnectionGuard {
  /** Closes whatever asks nothing, and from now on each connection that has got its answer. */
  closeIdle(): void
}

/**
 * Keeps a server's connections bounded. When there are too many, the oldest that asks nothing gives way to the new one: thousands of connections
 * that send their headers a byte at a time, or never, cost those who do ask nothing. Under TLS a connection counts from its first byte on, so that
 * the same goes for those who never finish the handshake.
 */
export function guardConnections(server: Server, mostConnections: number): ConnectionGuard {
  // Those that gave way are counted until they are closed.
  server.maxConnections = 2 * mostConnections
  const idle = new Set<Socket>()
  /** How many requests of each are being answered: who pipelines has several at once (RFC 9112 9.3.2). */
  const busy = new Map<Socket, number>()
  /** What lies below a connection of TLS. */
  const carriers = new WeakMap<Socket, Socket>()
  let isClosing = false

  function makeRoom(): void {
    if (idle.size + busy.size < mostConnections) return
    const [oldest] = idle
    if (!oldest) return
    idle.delete(oldest)
    oldest.destroy()
  }

  function rest(socket: Socket, carrier: Socket): void {
    const left = (busy.get(carrier) ?? 0) - 1
    if (left > 0) return void busy.set(carrier, left)
    busy.delete(carrier)
    if (isClosing) socket.end()
    else if (!carrier.destroyed) idle.add(carrier)
  }

  server.on('connection', (socket: Socket) => {
    makeRoom()
    idle.add(socket)
    socket.once('close', () => {
      idle.delete(socket)
      busy.delete(socket)
    })
  })
  server.on('secureConnection', (socket: Socket) => {
    const carrier = [...idle].find((candidate) => isSamePeer(candidate, socket))
    if (carrier) carriers.set(socket, carrier)
    else socket.destroy()
  })
  server.on('request', ({ socket }: IncomingMessage, outgoing: ServerResponse) => {
    const carrier = carriers.get(socket) ?? socket
    idle.delete(carrier)
    busy.set(carrier, (busy.get(carrier) ?? 0) + 1)
    outgoing.once('close', () => rest(socket, carrier))
  })
  return {
    closeIdle() {
      isClosing = true
      for (const socket of idle) socket.destroy()
    },
  }
}

/** Node tells of a connection and of the TLS over it, but not which belongs to which. */
function isSamePeer(one: Socket, other: Socket): boolean {
  return (
    one.remotePort === other.remotePort &&
    one.remoteAddress === other.remoteAddress &&
    one.localAddress === other.localAddress
  )
}
