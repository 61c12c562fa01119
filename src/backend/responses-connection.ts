import { AuthError, readObject, readString, systemClock, toNetworkError } from '../core/index.js'
import type { ChatgptCredential, Clock, JsonObject, Secret, Session } from '../core/index.js'
import { createSigner } from '../core/signing.js'
import type { BackendSession } from './backend-request.js'
import { conversationHeaders } from './conversation.js'
import { failureOf, isLastEvent, parseResponseEvent, streamCut, type ResponseEvent } from './response-events.js'
import type { StreamTimers } from './stream-timers.js'

/** What answers over a websocket need of a session: besides requests, the credential to sign the upgrade with. */
export type SocketSession = BackendSession & Pick<Session, 'credential' | 'identity'>

/** As much of a websocket as is used here: undici's, the one of Node 22 and the one of `ws` all have it. */
export interface ResponsesWebSocket {
  send(text: string): void
  close(): void
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: SocketEvent) => void): void
}

/** What the events of a websocket may carry. */
export interface SocketEvent {
  readonly type: string
  readonly data?: unknown
  readonly code?: number
}

/** How a websocket is opened. A browser's cannot send headers, so it cannot be signed in. */
export type ConnectWebSocket = (url: string, headers: Readonly<Record<string, string>>) => ResponsesWebSocket

/** A connection that one answer at a time goes over. */
export interface ResponsesConnection {
  /** What its upgrade was signed with: a refresh does not reach it. */
  readonly accessToken: Secret
  readonly openedAtMs: number
  isOpen(): boolean
  /** Sends a frame and yields the events of its answer. A reader who leaves early ends the connection. */
  ask(frame: JsonObject, timers: StreamTimers): AsyncGenerator<ResponseEvent, void, undefined>
  close(): void
}

/** What a connection is opened with. */
export interface ConnectionOptions {
  readonly connect: ConnectWebSocket
  readonly conversationId: string
  readonly clock?: Clock | undefined
  readonly signal?: AbortSignal | undefined
}

const connectTimeoutMs = 15_000

/** @throws AuthError `ERR_NETWORK_UNREACHABLE` when there is no connection within fifteen seconds (protocol 9.5); what `Session.credential` throws */
export async function openConnection(session: SocketSession, options: ConnectionOptions): Promise<ResponsesConnection> {
  const { connect, conversationId, clock = systemClock, signal } = options
  // Nothing is documented that could be opened for another provider (siwc 6.3), and no token leaves on a guess.
  if (session.provider.ways) {
    throw new AuthError('ERR_TOKEN_WRONG_ORIGIN', 'This provider is asked over HTTP alone, and not over websockets.')
  }
  const credential = await session.credential({ signal })
  const url = `${session.provider.backendUrl.replace(/^http/, 'ws')}/codex/responses`
  const socket = connect(url, { ...signUpgrade(session, credential), ...conversationHeaders(conversationId) })
  const inbox = createInbox(socket)
  let isClosed = false
  const close = () => {
    isClosed = true
    socket.close()
  }
  try {
    await untilOpen(socket, clock, signal)
  } catch (error) {
    close()
    throw toNetworkError(error, url, signal)
  }
  return {
    accessToken: credential.accessToken,
    openedAtMs: clock.now(),
    isOpen: () => !isClosed && inbox.isOpen(),
    close,
    async *ask(frame, timers) {
      let isOver = false
      try {
        inbox.clear()
        socket.send(JSON.stringify(frame))
        while (!isOver) {
          const event = toEvent(await inbox.read(timers), clock)
          timers.sawEvent()
          isOver = isLastEvent(event)
          if (isOver) timers.stop()
          yield event
        }
      } finally {
        timers.stop()
        if (!isOver) close()
      }
    },
  }
}

/** As the requests of the session are signed, and under the same rule: what a test issuer gave stays on loopback. */
function signUpgrade(session: SocketSession, credential: ChatgptCredential): Record<string, string> {
  return {
    ...Object.fromEntries(createSigner(session)(credential)),
    'openai-beta': 'responses_websockets=2026-02-06',
  }
}

async function untilOpen(socket: ResponsesWebSocket, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  const waiting = new AbortController()
  const stop = () => waiting.abort(signal?.reason)
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  try {
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve())
      socket.addEventListener('error', () => reject(new TypeError('The websocket was refused.')))
      socket.addEventListener('close', () => reject(new TypeError('The websocket was closed.')))
      clock
        .sleep(connectTimeoutMs, waiting.signal)
        .then(() => reject(new TypeError('The websocket did not open in time.')), reject)
    })
  } finally {
    signal?.removeEventListener('abort', stop)
    waiting.abort()
  }
}

/** What has come and was not asked for yet: a websocket cannot be told to wait. */
function createInbox(socket: ResponsesWebSocket) {
  const frames: string[] = []
  let closeCode: number | undefined
  let waiting: (() => void) | undefined
  const wake = () => waiting?.()
  socket.addEventListener('message', ({ data }) => {
    frames.push(typeof data === 'string' ? data : '')
    wake()
  })
  socket.addEventListener('close', ({ code = 1006 }) => {
    closeCode = code
    wake()
  })
  // The close that follows it says all there is to say.
  socket.addEventListener('error', () => {})

  async function read(timers: StreamTimers): Promise<string> {
    timers.signal.addEventListener('abort', wake, { once: true })
    timers.waitsForBytes()
    try {
      for (;;) {
        timers.signal.throwIfAborted()
        const frame = frames.shift()
        if (frame !== undefined) return frame
        if (closeCode !== undefined) throw streamCut(new Error(`The websocket was closed with code ${closeCode}.`))
        await new Promise<void>((resolve) => (waiting = resolve))
      }
    } finally {
      timers.sawBytes()
      timers.signal.removeEventListener('abort', wake)
    }
  }
  return {
    read,
    isOpen: () => closeCode === undefined,
    /** Whatever followed the last event of an answer does not belong to the next one. */
    clear() {
      frames.length = 0
    },
  }
}

/** @throws AuthError the failure that the frame tells: with a status, the one that the same answer over HTTP would be */
function toEvent(frame: string, clock: Clock): ResponseEvent {
  const event = parseResponseEvent({ event: 'message', data: frame })
  if (!event) throw streamCut()
  const code = readString(readObject(event.data, 'error'), 'code')
  if (code === 'websocket_connection_limit_reached') throw streamCut()
  const failure = failureOf(event, clock)
  if (failure) throw failure
  return event
}
