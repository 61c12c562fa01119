import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../core/index.js'
import type { EndpointName } from './endpoints.js'

/** What a fault's `when` may look at. */
export interface FaultRequest {
  readonly endpoint: EndpointName
  readonly method: string
  readonly path: string
  readonly headers: Headers
  /** How many requests this endpoint has had, this one included. */
  readonly count: number
}

/**
 * Something that goes wrong at one endpoint. `status`, `body` and `html` answer in the service's place, so its state does
 * not change; every other member spoils an answer the service really gave.
 */
export interface Fault {
  readonly endpoint: EndpointName
  /** How many requests it hits; every one when not given. */
  readonly times?: number
  readonly when?: (request: FaultRequest) => boolean
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text as it is, anything else as JSON. */
  readonly body?: unknown
  /** A page instead of the answer, as a proxy or a captive portal would send. */
  readonly html?: string
  /** Waits on the emulator's clock before anything else happens. */
  readonly delayMs?: number
  /** The connection breaks `before` the service saw the request, or `after` its state changed and the answer is lost. */
  readonly drop?: 'before' | 'after'
  /** The connection breaks after this much of the body. */
  readonly truncateAfterBytes?: number
  /** The body trickles in. */
  readonly slow?: { readonly chunkBytes: number; readonly delayMs: number }
  /** The server's clock is off for this answer: the `Date` header and the times in the tokens it issues. */
  readonly clockOffsetMs?: number
}

/** A fault in force. */
export interface FaultHandle {
  readonly id: number
  readonly endpoint: EndpointName
  /** How many requests it has hit. */
  readonly hits: number
  remove(): void
}

/** The script of faults. The first one that fits a request hits it. */
export interface Faults {
  /** Throws a `RangeError` for a body that would trickle for ever. */
  add(fault: Fault): FaultHandle
  clear(): void
  readonly active: readonly FaultHandle[]
}

/** A connection that broke: rejects an in-process `fetch` as the real one does, and closes the socket of a listener. */
export class DroppedConnectionError extends TypeError {
  override readonly name = 'TypeError'
  constructor(message = 'fetch failed') {
    super(message, { cause: Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }) })
  }
}

/** The faults, and the one the frame asks for. */
export interface FaultScript extends Faults {
  take(request: FaultRequest): Fault | undefined
}

export function createFaultScript(): FaultScript {
  let entries: { readonly handle: FaultHandle; readonly fault: Fault; hits: number }[] = []
  let lastId = 0
  const remove = (id: number) => {
    entries = entries.filter((entry) => entry.handle.id !== id)
  }

  return {
    add(fault) {
      if (fault.slow !== undefined && !(fault.slow.chunkBytes >= 1))
        throw new RangeError('slow.chunkBytes has to be at least 1.')
      const id = ++lastId
      const handle: FaultHandle = {
        id,
        endpoint: fault.endpoint,
        get hits() {
          return entry.hits
        },
        remove: () => remove(id),
      }
      const entry = { handle, fault, hits: 0 }
      entries.push(entry)
      return handle
    },
    clear() {
      entries = []
    },
    get active() {
      return entries.map((entry) => entry.handle)
    },
    take(request) {
      const entry = entries.find(
        ({ fault }) => fault.endpoint === request.endpoint && (fault.when === undefined || fault.when(request)),
      )
      if (entry === undefined) return undefined
      entry.hits += 1
      if (entry.fault.times !== undefined && entry.hits >= entry.fault.times) remove(entry.handle.id)
      return entry.fault
    },
  }
}

/** Runs `serve` as the fault lets it. */
export async function withFault(
  fault: Fault | undefined,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  serve: () => Promise<Response>,
): Promise<Response> {
  if (fault === undefined) return serve()
  if (fault.delayMs !== undefined) await clock.sleep(fault.delayMs, signal)
  if (fault.drop === 'before') throw new DroppedConnectionError()
  const response = answers(fault) ? cannedResponse(fault) : await serve()
  if (fault.drop === 'after') {
    await response.body?.cancel()
    throw new DroppedConnectionError()
  }
  return spoil(response, fault, clock, signal)
}

function answers(fault: Fault): boolean {
  return fault.status !== undefined || fault.body !== undefined || fault.html !== undefined
}

function cannedResponse({ status, body, html }: Fault): Response {
  const isText = html !== undefined || typeof body === 'string'
  const contentType = html !== undefined ? 'text/html; charset=utf-8' : isText ? 'text/plain' : 'application/json'
  const text = html ?? (isText || body === undefined ? body : JSON.stringify(body))
  return new Response(typeof text === 'string' ? text : null, {
    status: status ?? 200,
    headers: text === undefined ? {} : { 'content-type': contentType },
  })
}

function spoil(response: Response, fault: Fault, clock: Clock, signal: AbortSignal): Response {
  const headers = new Headers({ ...Object.fromEntries(response.headers), ...fault.headers })
  let body = response.body
  if (body !== null && fault.slow !== undefined) body = body.pipeThrough(trickle(fault.slow, clock, signal))
  if (body !== null && fault.truncateAfterBytes !== undefined) {
    // Without it the listener would read the body to its end, to learn its length, before it sends any of it.
    headers.set('transfer-encoding', 'chunked')
    body = truncate(body, fault.truncateAfterBytes)
  }
  return new Response(body, { status: response.status, statusText: response.statusText, headers })
}

/** Read by read, since a stream that fails throws away what is still queued in it. */
function truncate(body: ReadableStream<Uint8Array>, byteLimit: number): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let left = byteLimit
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const { value } = left > 0 ? await reader.read() : {}
    left -= value?.byteLength ?? left
    if (value !== undefined) return controller.enqueue(value.subarray(0, value.byteLength + Math.min(0, left)))
    // What was sent leaves before the connection breaks.
    await setImmediate()
    await reader.cancel()
    controller.error(new DroppedConnectionError('terminated'))
  }
  return new ReadableStream({ pull, cancel: (reason) => reader.cancel(reason) }, { highWaterMark: 0 })
}

function trickle(
  { chunkBytes, delayMs }: { readonly chunkBytes: number; readonly delayMs: number },
  clock: Clock,
  signal: AbortSignal,
): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    async transform(chunk, controller) {
      for (let start = 0; start < chunk.byteLength; start += chunkBytes) {
        await clock.sleep(delayMs, signal)
        controller.enqueue(chunk.subarray(start, start + chunkBytes))
      }
    },
  })
}
