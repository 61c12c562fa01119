import { connect as connectSocket } from 'node:net'
import type { WebSocket } from 'ws'
import { AuthError, isLoopback, toNetworkError, type Secret } from '../core/index.js'
import { readExtraAuthorities, type NetworkEnvironment } from '../network/index.js'
import type { ChannelListener, OpenChannel } from './channel.js'

/** An app server that runs already, and listens on a port or on a socket file. Both speak WebSocket. */
export interface WebSocketChannelOptions {
  /** `wss://…`, `ws://` on loopback, or `unix:/path`. */
  readonly address: string
  readonly bearer?: Secret | undefined
  /** Names further certificate authorities. */
  readonly environment: NetworkEnvironment
  readonly maxMessageBytes: number
  readonly connectTimeoutMs: number
  /** Cancels connecting. */
  readonly signal?: AbortSignal | undefined
}

/** As long as the other side may take to say goodbye. */
const closeGraceMs = 1000

/**
 * Connects. Tokens go through this, so it is TLS, or it does not leave the machine.
 *
 * @throws AuthError `ERR_CONFIG_URL` at once; `ERR_CONFIG_MISSING_PACKAGE`, `ERR_CONFIG_CA_BUNDLE`, `ERR_NETWORK_*`, `ERR_RPC_REFUSED`
 */
export function openWebSocketChannel(options: WebSocketChannelOptions): OpenChannel {
  const target = toTarget(options.address)
  return async (listener) => {
    const socket = await connect(target, options)
    return conduct(socket, listener, options.maxMessageBytes)
  }
}

/** Where to, and for a socket file its path: in a URL of its own it could hold neither a colon nor a blank. */
interface Target {
  readonly url: string
  readonly socketPath?: string
}

function toTarget(address: string): Target {
  if (address.startsWith('unix:')) return { url: 'ws://localhost/', socketPath: address.slice('unix:'.length) }
  const url = URL.canParse(address) ? new URL(address) : undefined
  const isSafe = url?.protocol === 'wss:' || (url?.protocol === 'ws:' && isLoopback(url))
  if (!url || !isSafe || url.username || url.password) {
    throw new AuthError(
      'ERR_CONFIG_URL',
      'The address of the app server is neither wss, nor ws on loopback, nor unix.',
      {
        advice: 'Use wss; plain ws is accepted on loopback only, and a bearer has an option of its own.',
      },
    )
  }
  return { url: url.href }
}

async function connect({ url, socketPath }: Target, options: WebSocketChannelOptions) {
  const { WebSocket: Socket } = await loadWebSocket()
  const authorities = await readExtraAuthorities(options.environment)
  const { rootCertificates } = await import('node:tls')
  const socket = new Socket(url, {
    ...(options.bearer && { headers: { authorization: `Bearer ${options.bearer.reveal()}` } }),
    ...(socketPath !== undefined && { createConnection: () => connectSocket(socketPath) }),
    ...(authorities && { ca: [...rootCertificates, ...authorities] }),
    maxPayload: options.maxMessageBytes,
    handshakeTimeout: options.connectTimeoutMs,
    perMessageDeflate: false,
  })
  await untilOpen(socket, socketPath ?? url, options.signal)
  return socket
}

async function untilOpen(socket: WebSocket, place: string, signal: AbortSignal | undefined): Promise<void> {
  const settled = new AbortController()
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('unexpected-response', (_request, response) => {
        reject(refused(response.statusCode))
        response.destroy()
      })
      socket.once('error', (error) => reject(toNetworkError(error, place)))
      signal?.addEventListener('abort', () => reject(signal.reason), { signal: settled.signal })
      signal?.throwIfAborted()
    })
  } catch (error) {
    socket.terminate()
    throw error
  } finally {
    settled.abort()
  }
}

async function loadWebSocket() {
  try {
    return await import('ws')
  } catch (cause) {
    throw new AuthError('ERR_CONFIG_MISSING_PACKAGE', 'A websocket to the app server needs the package `ws`.', {
      advice: 'Run `npm install ws`.',
      cause,
    })
  }
}

function refused(status: number | undefined): AuthError {
  return new AuthError('ERR_RPC_REFUSED', `The app server refused the connection (status ${status}).`, {
    advice: 'Check the bearer, and that this is the address of an app server.',
  })
}

function conduct(socket: WebSocket, listener: ChannelListener, maxMessageBytes: number) {
  let failure: AuthError | undefined
  socket.on('message', (data, isBinary) => {
    if (!isBinary) listener.message(toText(data))
  })
  socket.on('error', (error) => {
    const isTooLong = Reflect.get(error, 'code') === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'
    if (isTooLong) failure = new AuthError('ERR_RPC_BAD_MESSAGE', `A message had more than ${maxMessageBytes} bytes.`)
  })
  const closed = new Promise<void>((resolve) => {
    socket.once('close', (code) => {
      listener.closed(failure ?? new AuthError('ERR_RPC_CLOSED', `The app server closed the connection (${code}).`))
      resolve()
    })
  })
  return {
    send: (text: string) => void (socket.readyState === socket.OPEN && socket.send(text)),
    async close() {
      socket.close()
      const timer = setTimeout(() => socket.terminate(), closeGraceMs)
      await closed
      clearTimeout(timer)
    },
  }
}

function toText(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (data instanceof ArrayBuffer) return Buffer.from(data).toString('utf8')
  return (Array.isArray(data) ? Buffer.concat(data) : data).toString('utf8')
}
