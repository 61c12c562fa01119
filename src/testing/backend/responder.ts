import { randomBytes } from 'node:crypto'
import type { EmulatedAccount } from '../accounts.js'
import type { EmulatorContext } from '../context.js'
import type { Problem } from './problem.js'
import { type PromptCache, countTokens, createPromptCache } from './prompt-cache.js'
import { inputItems, readPrompt } from './prompt.js'
import { refusals } from './refusals.js'
import {
  type ResponseEvent,
  type ResponseFacts,
  preparedEvents,
  responseEvents,
  responseId,
} from './response-events.js'
import type { AnswerItem, BackendScenario, ScriptedAnswer, TokenUsage, UsageScenario } from './scenario.js'
import { usageEvent, usageHeaders } from './usage.js'

/** A request to `responses`, whichever way it came. */
export interface Exchange {
  readonly body: Readonly<Record<string, unknown>>
  readonly account: EmulatedAccount
  readonly headers: Headers
  readonly transport: 'http' | 'websocket'
}

export interface Reply {
  readonly headers: Record<string, string>
  readonly outcome:
    | { readonly problem: Problem }
    | { readonly responseId: string; readonly events: readonly ResponseEvent[] }
}

/** What stands behind `responses` over HTTP and over a websocket: the rules, then the script. */
export type Responder = (exchange: Exchange) => Reply

/** @param ownRules What is refused instead of what the Codex backend refuses. */
export function createResponder(
  context: EmulatorContext,
  scenario: BackendScenario,
  ownRules?: (exchange: Exchange) => Problem | undefined,
): Responder {
  const promptCache = createPromptCache()
  return (exchange) => {
    const nowMs = context.clock.now()
    const headersFor = (usage: UsageScenario) => ({
      'x-request-id': `req_${randomHex(16)}`,
      ...usageHeaders(usage, exchange.account, nowMs),
    })
    const broken = ownRules ? ownRules(exchange) : findProblem(exchange, context, scenario)
    const problem = broken ?? usageLimitProblem(exchange, scenario, nowMs)
    if (problem !== undefined) return { headers: headersFor(scenario.usage), outcome: { problem } }

    const isPrepared = exchange.body['generate'] === false
    const input = isPrepared ? noTokens : countInput(exchange, promptCache)
    const answer = isPrepared ? emptyAnswer : chooseAnswer(exchange, input.inputTokens, context, scenario)
    const rateLimits = answer.rateLimits ?? scenario.usage
    const facts: ResponseFacts = {
      seed: randomHex(24),
      model: String(exchange.body['model']),
      createdAtSeconds: Math.floor(nowMs / 1000),
      usage: { ...input, ...countOutput(answer.items), ...answer.usage },
      rateLimits: usageEvent(rateLimits, exchange.account, nowMs),
      reasoningFor: asksForReasoning(exchange.body) ? exchange.account.accountId : undefined,
    }
    const events = isPrepared ? preparedEvents(facts) : responseEvents(answer, facts)
    return { headers: headersFor(rateLimits), outcome: { responseId: responseId(facts), events } }
  }
}

const noTokens = { inputTokens: 0, cachedTokens: 0 }
const emptyAnswer: ScriptedAnswer = { items: [] }

/** What the first rule that is broken answers. */
function findProblem(exchange: Exchange, context: EmulatorContext, scenario: BackendScenario): Problem | undefined {
  const { body, account, headers, transport } = exchange
  const isFromCodex = headers.has('x-codex-turn-metadata')
  const subject = { body, items: inputItems(body), account, models: scenario.models, transport, isFromCodex }
  for (const { name, check } of refusals) {
    const problem = context.isRuleOn(name) ? check(subject) : undefined
    if (problem !== undefined) return problem
  }
  return undefined
}

/** As of real-codex 9: `resets_at` of this body says when to come back. */
function usageLimitProblem({ account }: Exchange, { usageLimit }: BackendScenario, nowMs: number): Problem | undefined {
  if (usageLimit === undefined) return undefined
  const { resetsInSeconds } = usageLimit
  return {
    status: 429,
    body: {
      error: {
        type: 'usage_limit_reached',
        message: 'The usage limit has been reached',
        plan_type: account.planType,
        resets_at: Math.floor(nowMs / 1000) + resetsInSeconds,
        resets_in_seconds: resetsInSeconds,
      },
    },
  }
}

function chooseAnswer(
  { body, account }: Exchange,
  inputTokens: number,
  context: EmulatorContext,
  { models, answers }: BackendScenario,
): ScriptedAnswer {
  const prompt = readPrompt(body, account)
  const model = models.find(({ slug }) => slug === prompt.model)
  const isTooLong = model !== undefined && inputTokens > model.context_window
  if (isTooLong && context.isRuleOn('context-window')) return contextWindowExceeded
  const exchange = answers.find(({ when }) => when === undefined || when(prompt))
  if (exchange === undefined) return { items: [{ type: 'text', text: `You said: ${prompt.text}` }] }
  return typeof exchange.answer === 'function' ? exchange.answer(prompt) : exchange.answer
}

const contextWindowExceeded: ScriptedAnswer = {
  items: [],
  failure: {
    code: 'context_length_exceeded',
    message: 'Your input exceeds the context window of this model. Please adjust your input and try again.',
  },
}

/** A conversation is known by its session header or, without one, by its cache key; accounts share nothing. */
function countInput({ body, account, headers }: Exchange, promptCache: PromptCache) {
  const conversation = headers.get('session-id') ?? headers.get('session_id') ?? body['prompt_cache_key']
  const items = inputItems(body)
  const key = typeof conversation === 'string' ? `${account.accountId} ${conversation}` : undefined
  return { inputTokens: countTokens(items), cachedTokens: promptCache.cachedTokens(key, items) }
}

function countOutput(items: readonly AnswerItem[]): Pick<TokenUsage, 'outputTokens' | 'reasoningTokens'> {
  return {
    outputTokens: countTokens(items),
    reasoningTokens: countTokens(items.filter(({ type }) => type === 'reasoning')),
  }
}

function asksForReasoning({ include }: Readonly<Record<string, unknown>>): boolean {
  return Array.isArray(include) && include.includes('reasoning.encrypted_content')
}

function randomHex(byteLength: number): string {
  return randomBytes(byteLength).toString('hex')
}
