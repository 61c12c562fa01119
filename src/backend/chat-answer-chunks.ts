import { readObject, type JsonObject } from '../core/index.js'
import { chatHead, chatUsage, finishReason, type ChatAnswerOptions } from './chat-answer-parts.js'
import { createChatDeltas } from './chat-answer-deltas.js'
import { isLastEvent, streamCut, type ResponseEvent } from './response-events.js'

/** How the chunks of an answer are made. */
export interface ChatChunkOptions extends ChatAnswerOptions {
  /** Adds a last chunk with the token counts, as `stream_options.include_usage` asks for. */
  readonly includeUsage?: boolean | undefined
}

/**
 * The events of an answer as the chunks of the Chat Completions API: the role first, then what the model says and calls as it comes, and why it
 * ended. What came without deltas is told in one piece, so that the chunks together always say what `toChatCompletion` says.
 *
 * @throws AuthError `ERR_UPSTREAM_STREAM_CUT` when the last event never comes; what `events` throws
 */
export async function* toChatCompletionChunks(
  events: AsyncIterable<ResponseEvent>,
  options: ChatChunkOptions = {},
): AsyncGenerator<JsonObject, void, undefined> {
  const deltas = createChatDeltas()
  let head: JsonObject | undefined
  let hasRole = false

  function* chunks(choices: readonly JsonObject[]): Generator<JsonObject> {
    if (!hasRole) yield chunk([choice({ role: 'assistant', content: '' })])
    hasRole = true
    for (const one of choices) yield chunk([one])
  }
  const chunk = (choices: JsonObject[], usage: JsonObject | null = null): JsonObject => ({
    ...(head ??= chatHead({}, options)),
    object: 'chat.completion.chunk',
    choices,
    ...(options.includeUsage && { usage }),
  })

  for await (const event of events) {
    const response = readObject(event.data, 'response')
    if (response && !head) head = chatHead(response, options)
    const added = deltas.add(event)
    if (added.length > 0) yield* chunks(added.map((delta) => choice(delta)))
    if (!isLastEvent(event)) continue
    const ending = { status: event.type === 'response.incomplete' ? 'incomplete' : 'completed', ...response }
    yield* chunks([choice({}, finishReason(ending, deltas.hasCalls()))])
    const usage = options.includeUsage ? chatUsage(ending) : undefined
    if (usage) yield chunk([], usage)
    return
  }
  throw streamCut()
}

function choice(delta: JsonObject, reason: string | null = null): JsonObject {
  return { index: 0, delta, logprobs: null, finish_reason: reason }
}
