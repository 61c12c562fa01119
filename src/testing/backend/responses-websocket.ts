import { type IncomingMessage, STATUS_CODES, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { EmulatedAccount } from '../accounts.js'
import type { EmulatorContext } from '../context.js'
import { type Problem, apiProblem } from './problem.js'
import { inputItems } from './prompt.js'
import { parseObject } from './request-body.js'
import { type Responder, createResponder } from './responder.js'
import { outputItems } from './response-events.js'
import type { BackendScenario } from './scenario.js'

type Members = Readonly<Record<string, unknown>>

/** What a connection remembers: over a websocket a request may go on from the last response (real-codex 6). */
interface LastResponse {
  readonly id: string
  readonly items: readonly Members[]
}

const paths: ReadonlySet<string> = new Set(['/backend-api/codex/responses', '/api/codex/responses'])

/**
 * Answers `responses` over websockets on a listening server; every other upgrade is refused. The optional package `ws` is
 * loaded here and nowhere else. The returned function closes the connections that are open.
 */
export async function serveResponsesWebSocket(
  server: Pick<Server, 'on' | 'off'>,
  context: EmulatorContext,
  scenario: BackendScenario,
): Promise<() => void> {
  const { WebSocketServer } = await import('ws')
  const webSockets = new WebSocketServer({ noServer: true })
  const respond = createResponder(context, scenario)

  const onUpgrade = (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    const request = toRequest(incoming)
    const caller = context.authenticate(request)
    if (caller instanceof Response) return refuse(socket, caller.status)
    if (!paths.has(new URL(request.url).pathname)) return refuse(socket, 404)
    webSockets.handleUpgrade(incoming, socket, head, (connection) => {
      const answer = createConversation(respond, caller.account, request.headers)
      connection.on('message', (frame: Buffer) => {
        for (const event of answer(frame.toString('utf8'))) connection.send(JSON.stringify(event))
      })
    })
  }
  server.on('upgrade', onUpgrade)
  return () => {
    server.off('upgrade', onUpgrade)
    for (const connection of webSockets.clients) connection.terminate()
  }
}

/** One connection: frame in, events out. */
function createConversation(
  respond: Responder,
  account: EmulatedAccount,
  headers: Headers,
): (frame: string) => readonly Members[] {
  let last: LastResponse | undefined
  return (frame) => {
    const members = parseFrame(frame)
    if (members === undefined) return [errorEvent(unreadableFrame)]
    const { type, previous_response_id: previousId, ...rest } = members
    if (type !== 'response.create') return [errorEvent(unreadableFrame)]
    if (previousId !== undefined && previousId !== last?.id) return [errorEvent(previousNotFound(previousId))]
    const earlier = previousId === undefined ? [] : (last?.items ?? [])
    const input = Array.isArray(rest['input']) ? [...earlier, ...inputItems(rest)] : rest['input']
    const body = { ...rest, input }
    const { outcome } = respond({ body, account, headers, transport: 'websocket' })
    if ('problem' in outcome) return [errorEvent(outcome.problem)]
    last = { id: outcome.responseId, items: [...inputItems(body), ...outputItems(outcome.events)] }
    return outcome.events
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
function errorEvent({ status, body }: Problem): Members {
  const error = body['error'] ?? { type: 'invalid_request_error', message: body['detail'] }
  return { type: 'error', status, error }
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
