/**
 * How a server answers for the backend without `createOpenAIFetch`: it sends requests by itself, and translates the bytes of their answers. For our
 * own rooms alone.
 *
 * @module
 */
export {
  createRequester,
  type AnswerRequest,
  type GivenRequest,
  type RequestedAnswer,
  type Requester,
} from './openai-requester.js'
export type { AnswerTranslation } from './answer-reading.js'
export { readRequestBody } from './request-json.js'
export type { Fields } from './openai-headers.js'
export { readOpenAIQuestion, type OpenAIQuestion } from './openai-question.js'
