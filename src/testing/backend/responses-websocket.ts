import { type IncomingMessage, STATUS_CODES, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { EmulatedAccount } from '../accounts.js'
import type { AuthenticatedRequest, EmulatorContext } from '../context.js'
import type { Frame } from '../frame.js'
import type { RequestLog } from '../request-log.js'
import { type Problem, apiProblem } from './problem.js'
import { inputItems } from './prompt.js'
import { parseObject } from './request-body.js'
import { type Exchange, type Reply, type Responder, createResponder } from './responder.js'
import { outputItems } from './response-events.js'
import type { BackendScenario } from './scenario.js'

type Members = Readonly<Record<string, unknown>>

/** What a connection remembers: over a websocket a request may go on from the last response (real-codex 6). */
interface LastResponse {
  readonly id: string
  readonly items: readonly Members[]
}

const paths: ReadonlySet<string> = new Set(['/backend-api/codex/responses', '/api/codex/responses'])

/** What the websockets stand on. */
export interface WebSocketParts {
  readonly context: EmulatorContext
  readonly scenario: BackendScenario
  readonly frame: Frame
  readonly log: RequestLog
}

/**
 * Answers `responses` over websockets on a listening server; every other upgrade is refused. The optional package `ws` is
 * loaded here and nowhere else. The returned function closes the connections that are open.
 */
export async function serveResponsesWebSocket(
  server: Pick<Server, 'on' | 'off'>,
  { context, scenario, frame, log }: WebSocketParts,
): Promise<() => void> {
  const { WebSocketServer } = await import('ws')
  const webSockets = new WebSocketServer({ noServer: true })
  const sockets = new Set<Duplex>()
  const respond = createResponder(context, scenario)

  const accept = (request: Request, { account }: AuthenticatedRequest, connection: WebSocket) => {
    const answer = createConversation(respond, account, request.headers)
    // A peer that breaks the protocol or vanishes ends its own connection, and not the emulator.
    connection.on('error', () => connection.terminate())
    connection.on('message', (text: Buffer) => {
      const entry = log.open('responses', new Request(request, { method: 'FRAME' }), text)
      const { status, events } = answer(text.toString('utf8'))
      for (const event of events) connection.send(JSON.stringify(event))
      entry.close(status)
    })
  }
  const onUpgrade = async (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    const request = toRequest(incoming)
    const caller = await authenticateUpgrade(request, context, frame)
    if (caller instanceof Response) return refuse(socket, caller.status)
    webSockets.handleUpgrade(incoming, socket, head, (connection) => accept(request, caller, connection))
  }
  const onUpgradeRequest = (incoming: IncomingMessage, socket: Duplex, head: Buffer) =>
    void onUpgrade(incoming, socket, head).catch(() => socket.destroy())
  server.on('upgrade', onUpgradeRequest)
  return () => {
    server.off('upgrade', onUpgradeRequest)
    for (const socket of sockets) socket.destroy()
  }
}

/** Who asks for the upgrade, or the refusal: of the backend, or of a fault. */
async function authenticateUpgrade(
  request: Request,
  context: EmulatorContext,
  frame: Frame,
): Promise<AuthenticatedRequest | Response> {
  const caller = context.authenticate(request)
  const response = await frame(request, (_, { note }) => {
    if (caller instanceof Response) return caller
    if (!paths.has(new URL(request.url).pathname)) return new Response(null, { status: 404 })
    note.status = 101
    return new Response(null)
  })
  return caller instanceof Response || !response.ok ? response : caller
}

/** What a frame is answered with: the events, and the status the same request would have had over HTTP. */
interface FrameAnswer {
  readonly status: number
  readonly events: readonly Members[]
}

/** One connection: frame in, events out. */
function createConversation(
  respond: Responder,
  account: EmulatedAccount,
  headers: Headers,
): (text: string) => FrameAnswer {
  let last: LastResponse | undefined
  return (text) => {
    const members = parseFrame(text)
    if (members?.['type'] !== 'response.create') return errorAnswer(unreadableFrame)
    const { type: _, previous_response_id: previousId, ...rest } = members
    if (previousId !== undefined && previousId !== last?.id) return errorAnswer(previousNotFound(previousId))
    const earlier = previousId === undefined ? [] : (last?.items ?? [])
    const input = Array.isArray(rest['input']) ? [...earlier, ...inputItems(rest)] : rest['input']
    const body = { ...rest, input }
    const outcome = tryToRespond(respond, { body, account, headers, transport: 'websocket' })
    if ('problem' in outcome) return errorAnswer(outcome.problem)
    last = { id: outcome.responseId, items: [...inputItems(body), ...outputItems(outcome.events)] }
    return { status: 200, events: outcome.events }
  }
}

/** A script that throws is answered as over HTTP: nobody else would catch it here. */
function tryToRespond(respond: Responder, exchange: Exchange): Reply['outcome'] {
  try {
    return respond(exchange).outcome
  } catch (error) {
    return { problem: apiProblem(500, { message: `The emulator failed: ${String(error)}`, code: 'emulator_failed' }) }
  }
}

function parseFrame(frame: string): Members | undefined {
  try {
    return parseObject(frame)
  } catch {
    return undefined
  }
}

const unreadableFrame = apiProblem(400, { message: 'Expected a response.create event.', code: 'invalid_event' })

function previousNotFound(id: unknown): Problem {
  return apiProblem(400, {
    message: `Previous response with id ${JSON.stringify(id)} not found.`,
    code: 'previous_response_not_found',
    param: 'previous_response_id',
  })
}

/** A refusal as a frame: the status goes along inside. */
function errorAnswer({ status, body }: Problem): FrameAnswer {
  const error = body['error'] ?? { type: 'invalid_request_error', message: body['detail'] }
  return { status, events: [{ type: 'error', status, error }] }
}

function toRequest(incoming: IncomingMessage): Request {
  const scheme = 'encrypted' in incoming.socket ? 'https' : 'http'
  const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] satisfies [string, string]],
  )
  return new Request(new URL(incoming.url ?? '/', `${scheme}://${incoming.headers.host}`), { headers })
}

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
}
