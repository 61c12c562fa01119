import {
  AuthError,
  isAbortError,
  isAuthError,
  parseJsonObject,
  readNumber,
  readObject,
  readString,
  systemClock,
  toNetworkError,
} from '../core/index.js'
import type { Clock, JsonObject, JsonValue } from '../core/index.js'
import type { BackendSession } from './backend-request.js'
import { readEventStream } from './event-stream.js'
import { toStreamError, toUpstreamError } from './upstream-error.js'

/** What to ask. The backend keeps nothing between requests, so `input` carries the whole conversation (protocol 9.5). */
export interface ResponseRequest {
  readonly model: string
  readonly instructions: string
  readonly input: readonly JsonValue[]
  readonly tools?: readonly JsonValue[]
  readonly reasoning?: JsonObject
  readonly text?: JsonObject
}

/** How an answer is asked for. */
export interface StreamOptions {
  /** Ties the turns of a conversation together, for the prompt cache; default: a conversation of its own. */
  readonly conversationId?: string | undefined
  readonly clock?: Clock | undefined
  readonly signal?: AbortSignal | undefined
}

/** An event of the Responses API, as the backend sent it. */
export interface ResponseEvent {
  readonly type: string
  readonly data: JsonObject
}

/** What the backend counted; absent stays absent. */
export interface TokenUsage {
  readonly inputTokens?: number
  readonly cachedInputTokens?: number
  readonly outputTokens?: number
  readonly reasoningTokens?: number
}

/**
 * Asks a model and yields the events of its answer; ends with `response.completed` or `response.incomplete`. Ending the iteration early, or
 * aborting, ends the request.
 *
 * @throws AuthError `ERR_UPSTREAM_*`, among them `ERR_UPSTREAM_STREAM_CUT` when the stream ends without its last event; what
 *   `Session.credential` throws; `ERR_NETWORK_*`
 */
export async function* streamResponse(
  session: BackendSession,
  request: ResponseRequest,
  options: StreamOptions = {},
): AsyncGenerator<ResponseEvent, void, undefined> {
  const { clock = systemClock, conversationId = crypto.randomUUID() } = options
  const url = `${session.provider.backendUrl}/codex/responses`
  const response = await session.fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      'session-id': conversationId,
      'thread-id': conversationId,
    },
    body: JSON.stringify(toBody(request, conversationId)),
    ...(options.signal && { signal: options.signal }),
  })
  if (!response.ok) throw await toUpstreamError(response, clock.now())
  if (!response.body) throw streamCut()
  try {
    yield* readResponseEvents(response.body, clock)
  } catch (error) {
    const isKnown = isAuthError(error) || isAbortError(error) || options.signal?.aborted
    throw isKnown ? toNetworkError(error, url, options.signal) : streamCut(error)
  }
}

/** The backend refuses to store and to answer otherwise than as a stream (protocol 9.5). */
function toBody(request: ResponseRequest, conversationId: string): JsonObject {
  return {
    ...request,
    input: [...request.input],
    tools: [...(request.tools ?? [])],
    store: false,
    stream: true,
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: conversationId,
  }
}

const lastEvents = new Set(['response.completed', 'response.incomplete'])

async function* readResponseEvents(
  body: ReadableStream<Uint8Array>,
  clock: Clock,
): AsyncGenerator<ResponseEvent, void, undefined> {
  for await (const { data, isUnterminated } of readEventStream(body)) {
    const event = parseResponseEvent(data)
    if (!event) throw isUnterminated ? streamCut() : badEvent()
    rejectFailure(event, clock)
    yield event
    if (lastEvents.has(event.type)) return
  }
  throw streamCut()
}

function parseResponseEvent(data: string): ResponseEvent | undefined {
  const json = parseJsonObject(data)
  const type = readString(json, 'type')
  return json && type !== undefined ? { type, data: json } : undefined
}

function badEvent(): AuthError {
  return new AuthError('ERR_UPSTREAM_BAD_RESPONSE', 'The answer holds an event that is not a JSON object with a type.')
}

function rejectFailure({ type, data }: ResponseEvent, clock: Clock): void {
  if (type === 'error') throw toStreamError(readObject(data, 'error') ?? data, clock.now())
  if (type === 'response.failed') throw toStreamError(readObject(readObject(data, 'response'), 'error'), clock.now())
}

function streamCut(cause?: unknown): AuthError {
  return new AuthError('ERR_UPSTREAM_STREAM_CUT', 'The answer ended before it was complete.', { cause })
}

/** The text that an event adds to the answer. */
export function textDelta({ type, data }: ResponseEvent): string | undefined {
  return type === 'response.output_text.delta' ? readString(data, 'delta') : undefined
}

/** The token counts in the last event. */
export function tokenUsage({ data }: ResponseEvent): TokenUsage | undefined {
  const usage = readObject(readObject(data, 'response'), 'usage')
  if (!usage) return undefined
  return {
    ...count('inputTokens', usage, 'input_tokens'),
    ...count('cachedInputTokens', readObject(usage, 'input_tokens_details'), 'cached_tokens'),
    ...count('outputTokens', usage, 'output_tokens'),
    ...count('reasoningTokens', readObject(usage, 'output_tokens_details'), 'reasoning_tokens'),
  }
}

function count(name: keyof TokenUsage, usage: JsonObject | undefined, member: string): TokenUsage {
  const value = readNumber(usage, member)
  return value === undefined ? {} : { [name]: value }
}
