import { chmod, lstat, mkdir, stat, unlink } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { AuthError, systemClock, type Clock, type Secret, type Session } from '../core/index.js'
import { brokerPath, createBroker, type Broker } from './broker.js'

/** A socket file, which its mode guards, or a port of the loopback interface, which a key guards. */
export type BrokerAddress =
  | { readonly socketPath: string }
  | { readonly key: Secret; /** 0, any free port, when not given. */ readonly port?: number }

/** A broker that listens. */
export interface BrokerListener {
  /** For `fromBroker`: `unix:/run/user/1000/planpass/broker.sock`, or `http://127.0.0.1:8787/token`. */
  readonly address: string
  /** Takes no more requests, lets those that run finish for a few seconds, and removes the socket file. */
  close(): Promise<void>
}

const loopbackHost = '127.0.0.1'
const closingGraceMs = 5000

/**
 * Lets other programs of this machine use the session without its refresh token.
 *
 * @throws AuthError `ERR_CONFIG_LISTEN` when the port or socket is taken, or the folder of the socket is open to others
 */
export async function listenBroker(
  session: Pick<Session, 'credential' | 'refresh'>,
  at: BrokerAddress,
  clock: Clock = systemClock,
): Promise<BrokerListener> {
  const opened = await ('socketPath' in at ? listenOnSocket(session, at.socketPath) : listenOnPort(session, at))
  return { address: opened.address, close: () => closeGracefully(opened.server, clock) }
}

async function listenOnPort(
  session: Pick<Session, 'credential' | 'refresh'>,
  { key, port = 0 }: Extract<BrokerAddress, { key: Secret }>,
) {
  const hosts: string[] = []
  const server = await serve(createBroker(session, { key, hosts }))
  await startListening(server, { port, host: loopbackHost })
  const address = server.address()
  const host = `${loopbackHost}:${typeof address === 'object' && address !== null ? address.port : port}`
  hosts.push(host)
  return { server, address: `http://${host}${brokerPath}` }
}

async function listenOnSocket(session: Pick<Session, 'credential' | 'refresh'>, socketPath: string) {
  await prepareFolder(dirname(socketPath))
  await removeLeftover(socketPath)
  const server = await serve(createBroker(session))
  await startListening(server, { path: socketPath })
  await chmod(socketPath, 0o600)
  return { server, address: `unix:${socketPath}` }
}

/** Guards the socket from its first moment on, before it has a mode of its own. */
async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { mode } = await stat(folder)
  if ((mode & 0o077) === 0) return
  throw new AuthError('ERR_CONFIG_LISTEN', `The folder ${folder} is open to other users.`, {
    advice: 'Give the socket a folder of its own, with mode 0700.',
  })
}

/** A socket whose owner was killed stays behind. Anything else at that path is left alone. */
async function removeLeftover(socketPath: string): Promise<void> {
  const found = await lstat(socketPath).catch(() => undefined)
  if (!found) return
  if (!found.isSocket()) throw new AuthError('ERR_CONFIG_LISTEN', `${socketPath} is not a socket.`)
  if (await isAnswered(socketPath)) throw new AuthError('ERR_CONFIG_LISTEN', `Another program serves ${socketPath}.`)
  await unlink(socketPath)
}

function isAnswered(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function serve(broker: Broker): Promise<Server> {
  const { getRequestListener } = await import('@hono/node-server')
  const listener = getRequestListener(broker, { overrideGlobalObjects: false })
  return createServer((incoming: IncomingMessage, outgoing: ServerResponse) => void listener(incoming, outgoing))
}

function startListening(server: Server, at: { path: string } | { port: number; host: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(new AuthError('ERR_CONFIG_LISTEN', `The broker cannot listen (${error.message}).`, { cause: error }))
    server.once('error', fail)
    server.listen(at, () => {
      server.off('error', fail)
      resolve()
    })
  })
}

async function closeGracefully(server: Server, clock: Clock): Promise<void> {
  const waiting = new AbortController()
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeIdleConnections()
  await Promise.race([closed, clock.sleep(closingGraceMs, waiting.signal)])
  waiting.abort()
  server.closeAllConnections()
  await closed
}
