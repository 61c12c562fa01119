/**
 * What the ChatGPT backend offers to a session: models, usage, answers. Web APIs only.
 *
 * @module
 */
export { checkedCodexVersion, readModels, type Model, type ModelList, type ModelOptions } from './models.js'
export { readUsage, type Credits, type Usage, type UsageWindow } from './usage.js'
export {
  streamResponse,
  textDelta,
  tokenUsage,
  type ResponseRequest,
  type StreamOptions,
  type TokenUsage,
} from './responses.js'
export { readEventStream, type EventStreamOptions, type ServerEvent } from './event-stream.js'
export { readResponseEvents, type ResponseEvent, type ResponseEventOptions } from './response-events.js'
export type { StreamLimits, StreamTimeouts } from './stream-timers.js'
export type { RetryOptions } from './stream-retries.js'
export { createResponseReducer, type ResponseReducer } from './response-reducer.js'
export { collectResponse } from './collect.js'
export {
  toChatCompletion,
  toChatCompletionChunks,
  type ChatAnswerOptions,
  type ChatChunkOptions,
} from './chat-answer.js'
export { encodeChatStream, encodeEventStream } from './encode-event-stream.js'
export { toStreamError, toUpstreamError } from './upstream-error.js'
export type { AnswerSource, BackendSession, ReadOptions } from './backend-request.js'
export type { AnswerCache } from './cache.js'
