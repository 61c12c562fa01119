import { isAbortError, isAuthError, systemClock, type ErrorCode, type JsonObject } from '../core/index.js'
import { normaliseRequest } from './normalise-request.js'
import type { ResponseEvent } from './response-events.js'
import {
  openConnection,
  type ConnectWebSocket,
  type ResponsesConnection,
  type SocketSession,
} from './responses-connection.js'
import { streamResponse, type ResponseRequest, type StreamOptions } from './responses.js'
import { startStreamTimers } from './stream-timers.js'

/** How the turns of a conversation go over a websocket. */
export interface ResponsesSocketOptions extends Pick<StreamOptions, 'clock'> {
  readonly connect: ConnectWebSocket
  /** Default: a new conversation. */
  readonly conversationId?: string | undefined
}

/** How one turn is asked for; which conversation it belongs to is settled. */
export type TurnOptions = Omit<StreamOptions, 'conversationId'>

/** A conversation that keeps its connection between turns. */
export interface ResponsesSocket {
  /** As `streamResponse`: the same events, the same errors. */
  stream(request: ResponseRequest, options?: TurnOptions): AsyncGenerator<ResponseEvent, void, undefined>
  /** Ends the connection that waits for the next turn, and each that still answers as soon as it has. */
  close(): void
}

/** The backend ends connections after an hour, in the middle of an answer if need be. */
const oldestMs = 50 * 60 * 1000
/** How long no websocket is tried after one was refused: some proxies let none through, and some only stumbled. */
const restMs = 5 * 60 * 1000

/** What a request over HTTP may fare better with, as long as nothing of the answer has come. */
const ofTheTransport: ReadonlySet<ErrorCode> = new Set([
  'ERR_NETWORK_UNREACHABLE',
  'ERR_UPSTREAM_STREAM_CUT',
  'ERR_UPSTREAM_UNAVAILABLE',
  'ERR_UPSTREAM_UNAUTHORIZED',
])

/**
 * A conversation over a websocket, which saves a connection a turn. Opening none, or losing it before the first event, is no failure: the turn goes
 * over HTTP then. After the first event nothing is ever asked again. A refreshed token gets a new connection, since the old one is signed with
 * the old one.
 *
 * Turns that overlap get a connection each. A websocket cannot be told to wait, so what a slow reader has not taken is held in memory.
 *
 * @example
 * import { WebSocket } from 'ws'
 * const socket = createResponsesSocket(session, { connect: (url, headers) => new WebSocket(url, { headers }) })
 */
export function createResponsesSocket(session: SocketSession, options: ResponsesSocketOptions): ResponsesSocket {
  const { connect, clock = systemClock, conversationId = crypto.randomUUID() } = options
  let idle: ResponsesConnection | undefined
  let restsUntilMs = -Infinity
  let isClosed = false

  /** The idle connection when it is still good; it belongs to the caller then. */
  async function takeIdle(signal: AbortSignal | undefined): Promise<ResponsesConnection | undefined> {
    const { accessToken } = await session.credential({ signal })
    const connection = idle
    idle = undefined
    if (!connection) return undefined
    const isYoung = clock.now() - connection.openedAtMs < oldestMs
    if (connection.isOpen() && isYoung && connection.accessToken.equals(accessToken)) return connection
    connection.close()
    return undefined
  }

  async function acquire(signal: AbortSignal | undefined): Promise<ResponsesConnection | undefined> {
    if (clock.now() < restsUntilMs) return undefined
    const taken = await takeIdle(signal)
    if (taken) return taken
    try {
      return await openConnection(session, { connect, conversationId, clock, signal })
    } catch (error) {
      if (!mayFareBetter(error)) throw error
      restsUntilMs = clock.now() + restMs
      return undefined
    }
  }

  function keep(connection: ResponsesConnection): void {
    if (idle || isClosed || !connection.isOpen()) connection.close()
    else idle = connection
  }

  async function* askOver(connection: ResponsesConnection, body: JsonObject, streamOptions: TurnOptions) {
    try {
      const timers = startStreamTimers({ clock, ...streamOptions })
      yield* connection.ask({ type: 'response.create', ...body }, timers)
    } finally {
      keep(connection)
    }
  }

  async function* stream(request: ResponseRequest, streamOptions: TurnOptions = {}) {
    const { body } = await normaliseRequest(request, { conversationId })
    const connection = await acquire(streamOptions.signal)
    let hasBegun = false
    try {
      for await (const event of connection ? askOver(connection, body, streamOptions) : []) {
        hasBegun = true
        yield event
      }
    } catch (error) {
      if (hasBegun || streamOptions.signal?.aborted || !mayFareBetter(error)) throw error
    }
    if (!hasBegun) yield* streamResponse(session, request, { clock, ...streamOptions, conversationId })
  }

  return {
    stream,
    close() {
      isClosed = true
      idle?.close()
      idle = undefined
    },
  }
}

function mayFareBetter(error: unknown): boolean {
  return !isAbortError(error) && isAuthError(error) && ofTheTransport.has(error.code)
}
