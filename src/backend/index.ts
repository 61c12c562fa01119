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
  type ResponseEvent,
  type ResponseRequest,
  type StreamOptions,
  type TokenUsage,
} from './responses.js'
export { readEventStream, type ServerEvent } from './event-stream.js'
export { toStreamError, toUpstreamError } from './upstream-error.js'
export type { AnswerSource, BackendSession, ReadOptions } from './backend-request.js'
export type { AnswerCache } from './cache.js'
