import { readString, type JsonObject } from '../core/index.js'
import type { AnswerTranslation, AnswerTranslationOptions } from './answer-reading.js'
import { createAnswerRelay } from './answer-relay.js'
import {
  createChunksTranslation,
  createCompletionTranslation,
  createResponseTranslation,
} from './answer-translations.js'
import { translateChat } from './chat-request.js'
import type { Finding } from './normalisation-report.js'

/** What is asked by a request of the public API, and how its answer is told. */
export interface OpenAIQuestion {
  /** For the public Responses API. */
  readonly body: JsonObject
  /** What of the request has no place there. */
  readonly dropped?: readonly Finding[]
  readonly contentType: string
  readonly translate: (options: AnswerTranslationOptions) => AnswerTranslation
}

const stream = 'text/event-stream; charset=utf-8'
const whole = 'application/json'

/**
 * @param api Which of the two the request is for.
 * @throws AuthError `ERR_UPSTREAM_BAD_REQUEST`, `ERR_UPSTREAM_UNSUPPORTED_FIELD`, for what cannot be said in a Responses request
 */
export function readOpenAIQuestion(api: 'responses' | 'chat', given: JsonObject): OpenAIQuestion {
  const isStream = given['stream'] === true
  if (api === 'chat') return readChat(given, isStream)
  if (isStream) return { body: given, contentType: stream, translate: createAnswerRelay }
  return { body: given, contentType: whole, translate: (options) => createResponseTranslation(options) }
}

function readChat(given: JsonObject, isStream: boolean): OpenAIQuestion {
  const { body, report, includesUsage: includeUsage } = translateChat(given)
  const chat = { model: readString(body, 'model'), includeUsage }
  const create = isStream ? createChunksTranslation : createCompletionTranslation
  const contentType = isStream ? stream : whole
  return { body, dropped: report.dropped, contentType, translate: (options) => create(options, chat) }
}
