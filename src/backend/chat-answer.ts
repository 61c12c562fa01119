import { readString, type JsonObject } from '../core/index.js'
import {
  chatHead,
  chatUsage,
  finishReason,
  objectsOf,
  readCall,
  readCitations,
  toToolCall,
  type ChatAnswerOptions,
} from './chat-answer-parts.js'

export { toChatCompletionChunks, type ChatChunkOptions } from './chat-answer-chunks.js'
export type { ChatAnswerOptions } from './chat-answer-parts.js'

/**
 * A whole response as a completion of the Chat Completions API. A call that the model did not get to finish is left out: it would look whole.
 *
 * @param response As `collectResponse` gives it.
 */
export function toChatCompletion(response: JsonObject, options: ChatAnswerOptions = {}): JsonObject {
  const items = objectsOf(response['output'])
  const parts = items.filter(({ type }) => type === 'message').flatMap(({ content }) => objectsOf(content))
  const calls = items
    .filter(({ status }) => status === undefined || status === 'completed')
    .flatMap((item) => readCall(item) ?? [])
  const annotations = parts.flatMap(readCitations)
  const usage = chatUsage(response)
  return {
    ...chatHead(response, options),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: joined(parts, 'text'),
          refusal: joined(parts, 'refusal'),
          ...(calls.length > 0 && { tool_calls: calls.map(toToolCall) }),
          ...(annotations.length > 0 && { annotations }),
        },
        logprobs: null,
        finish_reason: finishReason(response, calls.length > 0),
      },
    ],
    ...(usage && { usage }),
  }
}

/** `null` where the model said nothing of the kind. */
function joined(parts: readonly JsonObject[], member: 'text' | 'refusal'): string | null {
  return parts.map((part) => readString(part, member) ?? '').join('') || null
}
