import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { PostgresConnection } from './postgres-server.mjs'

/** The network between a machine and PostgreSQL, which can be cut. */
export interface CuttingProxy {
  readonly connection: PostgresConnection
  /** Ends every connection there is, in the middle of whatever it carries. */
  cut(): number
  /** From now on nothing comes through the connections there are, and nobody is told; new ones work. */
  silence(): number
  /** Leads to another server from now on, as a name that was pointed there does; and cuts. */
  moveTo(target: PostgresConnection): void
  close(): Promise<void>
}

export async function startCuttingProxy(target: PostgresConnection): Promise<CuttingProxy> {
  const sockets = new Set<Socket>()
  let current = target
  const server = createServer((socket) => {
    const upstream = connect(`${current.host}/.s.PGSQL.${current.port}`)
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const cut = () => {
    const count = sockets.size / 2
    for (const socket of sockets) socket.destroy()
    return count
  }
  return {
    connection: { ...target, host: '127.0.0.1', port },
    cut,
    silence: () => {
      for (const socket of sockets) socket.unpipe().pause()
      return sockets.size / 2
    },
    moveTo: (other) => {
      current = other
      cut()
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      cut()
      await closed
    },
  }
}
