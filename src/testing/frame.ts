import { randomUUID } from 'node:crypto'
import type { Clock } from '../core/index.js'
import type { EmulatorBindings } from './context.js'
import { endpointOf } from './endpoints.js'
import { type FaultScript, withFault } from './faults.js'
import type { RequestLog } from './request-log.js'

/** Answers a request the frame has let through. */
export type Serve = (request: Request, bindings: EmulatorBindings) => Response | Promise<Response>

/** What every request passes through: the log, the faults, and the headers all answers share. */
export interface FrameParts {
  readonly clock: Clock
  readonly faults: FaultScript
  readonly log: RequestLog
}

/** Lets one request through to `serve`; `server` is what a Node listener adds to the bindings, and is itself extended, since the listener goes by its identity. */
export type Frame = (request: Request, serve: Serve, server?: object) => Promise<Response>

export function createFrame({ clock, faults, log }: FrameParts): Frame {
  return async (request, serve, server = {}) => {
    const { method, headers, signal } = request
    const path = new URL(request.url).pathname
    const endpoint = endpointOf(method, path)
    const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer())
    const entry = log.open(endpoint, request, body)
    const fault = faults.take({ endpoint, method, path, headers, count: log.counters.requests[endpoint] })
    const clockOffsetMs = fault?.clockOffsetMs ?? 0
    const bindings = Object.assign(server, { note: entry.note, clockOffsetMs })
    try {
      const response = await withFault(fault, { clock, signal }, async () => serve(withBody(request, body), bindings))
      entry.close(response.status)
      return withCommonHeaders(response, clock.now() + clockOffsetMs)
    } catch (error) {
      entry.note.outcome = 'dropped'
      entry.close(undefined)
      throw error
    }
  }
}

/** The request again, with the body the log has read. */
function withBody(request: Request, body: Uint8Array<ArrayBuffer> | undefined): Request {
  if (body === undefined) return request
  const { method, headers, signal } = request
  return new Request(request.url, { method, headers, signal, body })
}

function withCommonHeaders(response: Response, nowMs: number): Response {
  const headers = new Headers(response.headers)
  headers.set('date', new Date(nowMs).toUTCString())
  if (!headers.has('x-request-id')) headers.set('x-request-id', `req_${randomUUID()}`)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}
