import { readNumber, readObject, readString, systemClock } from '../core/index.js'
import type { JsonObject, JsonValue } from '../core/index.js'
import type { BackendSession } from './backend-request.js'
import { prepareRequest } from './prepare-request.js'
import { readRequestBody } from './request-json.js'
import { readTimedEvents, type ResponseEvent, type ResponseEventOptions } from './response-events.js'
import { retryPassingFailures, type RetryOptions } from './stream-retries.js'
import { startStreamTimers } from './stream-timers.js'
import { toUpstreamError } from './upstream-error.js'

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
export interface StreamOptions extends ResponseEventOptions, RetryOptions {
  /** Ties the turns of a conversation together, for the prompt cache; default: made of how the conversation begins. */
  readonly conversationId?: string | undefined
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
 * aborting, ends the request. A failure that may pass is tried again as long as no event has come; see `StreamOptions.retries`.
 *
 * @throws AuthError what `readResponseEvents` throws; `ERR_UPSTREAM_*` for a refusal; what `Session.credential` throws; `ERR_NETWORK_*`
 */
export async function* streamResponse(
  session: BackendSession,
  request: ResponseRequest,
  options: StreamOptions = {},
): AsyncGenerator<ResponseEvent, void, undefined> {
  const ask = createAsking(session, request, options)
  const { first, events } = await retryPassingFailures(async () => {
    const answer = ask()
    return { events: answer, first: await answer.next() }
  }, options)
  try {
    if (first.done) return
    yield first.value
    yield* events
  } finally {
    await events.return()
  }
}

/** The same request, as often as it is called. */
function createAsking(session: BackendSession, request: ResponseRequest, options: StreamOptions) {
  const { clock = systemClock, timeouts = {} } = options
  const prepared = prepareRequest(session.provider, readRequestBody(request), {
    conversationId: options.conversationId,
  })
  const endsAtMs = clock.now() + (timeouts.totalMs ?? Infinity)

  return async function* ask(): AsyncGenerator<ResponseEvent, void, undefined> {
    const { url, body, headers } = await prepared
    const totalMs = endsAtMs - clock.now()
    const timers = startStreamTimers({ ...options, timeouts: { ...timeouts, totalMs } })
    try {
      const response = await session.fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          ...headers,
        },
        body: JSON.stringify(body),
        signal: timers.signal,
      })
      if (!response.ok) throw await toUpstreamError(response, clock.now())
      yield* readTimedEvents(response, () => timers, options)
    } finally {
      timers.stop()
    }
  }
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
