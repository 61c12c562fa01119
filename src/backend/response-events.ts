import {
  AuthError,
  isAbortError,
  isAuthError,
  parseJsonObject,
  readObject,
  readString,
  systemClock,
  toNetworkError,
} from '../core/index.js'
import type { Clock, JsonObject } from '../core/index.js'
import { createEventParser, type ServerEvent } from './event-parser.js'
import type { EventStreamOptions } from './event-stream.js'
import { beginsForeignBody, firstTellingByte, toForeignBodyError } from './foreign-body.js'
import { pullItems } from './pull-items.js'
import { startStreamTimers, type StreamLimits, type StreamTimers } from './stream-timers.js'
import { toStreamError } from './upstream-error.js'

/** An event of the Responses API, as the backend sent it. */
export interface ResponseEvent {
  readonly type: string
  readonly data: JsonObject
}

/** How an answer is read. */
export interface ResponseEventOptions extends StreamLimits, EventStreamOptions {}

/**
 * The events of an answer, whatever its content type says. Ends with the last event of the answer, `response.completed` or
 * `response.incomplete`, and not with the connection: that is let go of before the last event is handed out.
 *
 * Reads when asked to, and no further than the chunk that holds the next event. Ending the iteration early, or aborting, cancels the body and
 * clears the timers.
 *
 * @throws AuthError `ERR_UPSTREAM_STREAM_CUT` when it ends before its last event; `ERR_UPSTREAM_EDGE_BLOCKED` and
 *   `ERR_UPSTREAM_BAD_RESPONSE` for a page, or anything else that is no such stream; `ERR_UPSTREAM_*` for an answer that says that it failed;
 *   `ERR_NETWORK_TIMEOUT`, which names the timer
 */
export function readResponseEvents(
  response: Response,
  options: ResponseEventOptions = {},
): AsyncGenerator<ResponseEvent, void, undefined> {
  return readTimedEvents(response, () => startStreamTimers(options), options)
}

/**
 * As `readResponseEvents`, under timers of the caller's, which are started with the reading and stopped at its end.
 *
 * @param noticeFailure Is told of what the answer itself says of its failure, before its reader is.
 */
export function readTimedEvents(
  response: Response,
  startTimers: () => StreamTimers,
  { clock = systemClock, maximumEventBytes }: ResponseEventOptions,
  noticeFailure?: (failure: AuthError) => void,
): AsyncGenerator<ResponseEvent, void, undefined> {
  const parser = createEventParser(maximumEventBytes)
  const body = openBody(response, startTimers)
  let atHand: readonly ServerEvent[] = []
  let taken = 0
  let isEventStream = false
  let hasEnded = false
  let isOver = false

  async function fill(): Promise<void> {
    const bytes = await body.read()
    if (bytes && !isEventStream) {
      const first = firstTellingByte(bytes)
      if (beginsForeignBody(first)) throw toForeignBodyError(response, await readRest(bytes, body), clock.now())
      isEventStream = first !== undefined
    }
    hasEnded = bytes === undefined
    atHand = bytes ? parser.push(bytes) : parser.end()
    taken = 0
  }

  function take(): ResponseEvent | undefined {
    for (let next = atHand[taken]; next; next = atHand[taken]) {
      taken += 1
      const event = parseResponseEvent(next)
      if (event) return check(event)
    }
    if (hasEnded) throw streamCut()
    return undefined
  }

  function check(event: ResponseEvent): ResponseEvent {
    body.sawEvent()
    const failure = failureOf(event, clock)
    if (failure) noticeFailure?.(failure)
    if (failure) throw failure
    isOver = isLastEvent(event)
    if (isOver) body.release()
    return event
  }

  return pullItems({ take, fill, isOver: () => isOver, release: body.release })
}

const lastEvents = new Set(['response.completed', 'response.incomplete'])

/** Whether nothing follows the event. */
export function isLastEvent({ type }: ResponseEvent): boolean {
  return lastEvents.has(type)
}

/** A body that is read under timers. */
interface TimedBody {
  read(): Promise<Uint8Array | undefined>
  /** @throws the reason of an abort, or the timer that ran out */
  sawEvent(): void
  /** Lets go of the connection, the timers and the caller's signal. */
  readonly release: () => void
}

/** Nothing runs before the first read. */
function openBody(response: Response, startTimers: () => StreamTimers): TimedBody {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  let timers: StreamTimers | undefined
  let isReleased = false
  // Not waited for: it would take for ever when whoever fetched keeps a clone of the answer.
  const cancel = () => void (reader ?? response.body)?.cancel().catch(() => undefined)

  function start(): StreamTimers {
    const started = startTimers()
    reader = response.body?.getReader()
    started.signal.addEventListener('abort', cancel, { once: true })
    return started
  }

  async function read(): Promise<Uint8Array | undefined> {
    const { signal, waitsForBytes, sawBytes } = (timers ??= start())
    waitsForBytes()
    try {
      signal.throwIfAborted()
      const next = await reader?.read()
      signal.throwIfAborted()
      return next?.value
    } catch (error) {
      if (signal.aborted) throw toNetworkError(signal.reason, response.url, signal)
      throw isAuthError(error) || isAbortError(error) ? error : streamCut(error)
    } finally {
      sawBytes()
    }
  }

  return {
    read,
    sawEvent() {
      timers?.signal.throwIfAborted()
      timers?.sawEvent()
    },
    release() {
      if (isReleased) return
      isReleased = true
      timers?.stop()
      timers?.signal.removeEventListener('abort', cancel)
      cancel()
    },
  }
}

const mostForeignBytes = 64 * 1024

/** The text of a body that is no event stream, as much as it takes to know it. */
async function readRest(first: Uint8Array, body: TimedBody): Promise<string> {
  const decoder = new TextDecoder()
  let text = decoder.decode(first, { stream: true })
  while (text.length < mostForeignBytes) {
    const bytes = await body.read()
    if (!bytes) break
    text += decoder.decode(bytes, { stream: true })
  }
  return text.slice(0, mostForeignBytes)
}

/** `[DONE]` is how Chat Completions end, and gateways put it here too; it says nothing. */
export function parseResponseEvent({ event, data, isUnterminated }: ServerEvent): ResponseEvent | undefined {
  if (data === '[DONE]') return undefined
  const json = parseJsonObject(data)
  const type = readString(json, 'type') ?? (event === 'message' ? undefined : event)
  if (json && type !== undefined) return { type, data: json }
  if (isUnterminated) throw streamCut()
  throw new AuthError('ERR_UPSTREAM_BAD_RESPONSE', 'The answer holds an event that is not a JSON object with a type.')
}

/** The error that an event stands for which says that the answer failed. */
export function failureOf({ type, data }: ResponseEvent, clock: Clock): AuthError | undefined {
  if (type === 'error') return toStreamError(readObject(data, 'error') ?? data, clock.now(), data)
  if (type !== 'response.failed') return undefined
  return toStreamError(readObject(readObject(data, 'response'), 'error'), clock.now())
}

/** The answer broke off: what has come of it is not the whole. */
export function streamCut(cause?: unknown): AuthError {
  return new AuthError('ERR_UPSTREAM_STREAM_CUT', 'The answer ended before it was complete.', { cause })
}
