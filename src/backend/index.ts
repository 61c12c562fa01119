/**
 * What the ChatGPT backend offers to a session: models, usage, answers. Web APIs only.
 *
 * @module
 */
export { checkedCodexVersion, readModels, type ModelList, type ModelOptions } from './models.js'
export type { Model } from './model-catalogue.js'
export { readUsage, type Usage, type UsageOptions } from './usage.js'
export { readUsageHistory, type UsageHistory, type UsageHistoryOptions, type UsageSample } from './usage-history.js'
export {
  streamResponse,
  textDelta,
  tokenUsage,
  type ResponseRequest,
  type StreamOptions,
  type TokenUsage,
} from './responses.js'
export { readEventStream, type EventStreamOptions, type ServerEvent } from './event-stream.js'
export { readResponseEvents, streamCut, type ResponseEvent, type ResponseEventOptions } from './response-events.js'
export { longestSilenceMs, timedOut, type StreamLimits, type StreamTimeouts } from './stream-timers.js'
export type { RetryOptions } from './stream-retries.js'
export {
  createResponsesSocket,
  type ResponsesSocket,
  type ResponsesSocketOptions,
  type TurnOptions,
} from './responses-websocket.js'
export type { ConnectWebSocket, ResponsesWebSocket, SocketEvent, SocketSession } from './responses-connection.js'
export { createResponseReducer, type ResponseReducer } from './response-reducer.js'
export { collectResponse } from './collect.js'
export {
  toChatCompletion,
  toChatCompletionChunks,
  type ChatAnswerOptions,
  type ChatChunkOptions,
} from './chat-answer.js'
export { encodeChatStream, encodeEventStream } from './encode-event-stream.js'
export { createOpenAIFetch, type OpenAIFetchOptions } from './openai-fetch.js'
export type { ExchangeOptions } from './openai-exchange.js'
export { toErrorAnswer } from './openai-envelope.js'
export { normaliseRequest, type NormaliseContext, type NormalisedRequest } from './normalise-request.js'
export type { Finding, NormalisationReport } from './normalisation-report.js'
export { toResponsesRequest, type ChatRequest } from './chat-request.js'
export { RequestError } from './request-error.js'
export { parseLimitsEvent, type Credits, type Limits, type LimitWindow } from './limits.js'
export { mergeLimits } from './merge-limits.js'
export { parseLimitHeaders } from './rate-limit-headers.js'
export { toStreamError, toUpstreamError } from './upstream-error.js'
export { UsageLimitError, type UsageLimitDetails } from './usage-limit.js'
export {
  ModelNotAvailableError,
  type MissingModelReason,
  type ModelNotAvailableDetails,
} from './model-not-available.js'
export { RequestRejectedError, type RequestRejectedDetails } from './request-rejected.js'
export type { AnswerSource, BackendSession, Freshness, ReadOptions } from './backend-request.js'
export type { AnswerCache } from './cache.js'
export { findAuthError } from './find-auth-error.js'
export { parseCodexBaseUrl } from './codex-base-url.js'
