import { readObject, type JsonObject } from '../core/index.js'
import { chatHead, chatUsage, finishReason, type ChatAnswerOptions } from './chat-answer-parts.js'
import { createChatDeltas } from './chat-answer-deltas.js'
import { isLastEvent, streamCut, type ResponseEvent } from './response-events.js'

/** How the chunks of an answer are made. */
export interface ChatChunkOptions extends ChatAnswerOptions {
  /** Adds a last chunk with the token counts, as `stream_options.include_usage` asks for. */
  readonly includeUsage?: boolean | undefined
}

/** Makes chunks of events as they come. */
export interface ChatChunks {
  /** What is to be told of this event. */
  add(event: ResponseEvent): JsonObject[]
}

/**
 * The events of an answer as the chunks of the Chat Completions API: the role first, then what the model says and calls as it comes, and why it
 * ended. What came without deltas is told in one piece, so that the chunks together always say what `toChatCompletion` says.
 */
export function createChatChunks(options: ChatChunkOptions = {}): ChatChunks {
  const deltas = createChatDeltas()
  let head: JsonObject | undefined
  let hasRole = false

  function chunks(choices: readonly JsonObject[]): JsonObject[] {
    const role = hasRole ? [] : [choice({ role: 'assistant', content: '' })]
    hasRole = true
    return [...role, ...choices].map((one) => chunk([one]))
  }

  function chunk(choices: JsonObject[], usage: JsonObject | null = null): JsonObject {
    head ??= chatHead({}, options)
    return { ...head, object: 'chat.completion.chunk', choices, ...(options.includeUsage && { usage }) }
  }

  function last(type: string, response: JsonObject | undefined): JsonObject[] {
    const ending = { status: type === 'response.incomplete' ? 'incomplete' : 'completed', ...response }
    const usage = options.includeUsage ? chatUsage(ending) : undefined
    const reason = chunks([choice({}, finishReason(ending, deltas.hasCalls()))])
    return usage ? [...reason, chunk([], usage)] : reason
  }

  return {
    add(event) {
      const response = readObject(event.data, 'response')
      if (response && !head) head = chatHead(response, options)
      const added = deltas.add(event)
      const told = added.length > 0 ? chunks(added.map((delta) => choice(delta))) : []
      return isLastEvent(event) ? [...told, ...last(event.type, response)] : told
    },
  }
}

/**
 * As `createChatChunks`, for events that are iterated.
 *
 * @throws AuthError `ERR_UPSTREAM_STREAM_CUT` when the last event never comes; what `events` throws
 */
export async function* toChatCompletionChunks(
  events: AsyncIterable<ResponseEvent>,
  options: ChatChunkOptions = {},
): AsyncGenerator<JsonObject, void, undefined> {
  const chunks = createChatChunks(options)
  for await (const event of events) {
    yield* chunks.add(event)
    if (isLastEvent(event)) return
  }
  throw streamCut()
}

function choice(delta: JsonObject, reason: string | null = null): JsonObject {
  return { index: 0, delta, logprobs: null, finish_reason: reason }
}
