import { readNumber, readObject, type JsonObject } from '../core/index.js'
import type { TokenCounts } from './console-api.js'

/** What one answer cost. */
export type AnswerTokens = Omit<TokenCounts, 'requests'>

export const noTokens: TokenCounts = {
  requests: 0,
  inputTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
}

export function addTokens(one: TokenCounts, other: TokenCounts): TokenCounts {
  return {
    requests: one.requests + other.requests,
    inputTokens: one.inputTokens + other.inputTokens,
    cachedTokens: one.cachedTokens + other.cachedTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    reasoningTokens: one.reasoningTokens + other.reasoningTokens,
  }
}

/** The `usage` of an answer of the Responses API. */
export function parseAnswerTokens(usage: JsonObject | undefined): AnswerTokens | undefined {
  const inputTokens = readNumber(usage, 'input_tokens')
  const outputTokens = readNumber(usage, 'output_tokens')
  if (inputTokens === undefined || outputTokens === undefined) return undefined
  return {
    inputTokens,
    outputTokens,
    cachedTokens: readNumber(readObject(usage, 'input_tokens_details'), 'cached_tokens') ?? 0,
    reasoningTokens: readNumber(readObject(usage, 'output_tokens_details'), 'reasoning_tokens') ?? 0,
  }
}
