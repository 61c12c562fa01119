import { isObject } from './request-body.js'
import type { AnswerItem, ScriptedAnswer, TokenUsage } from './scenario.js'
import { sealReasoning } from './sealed-reasoning.js'

/** One event of the stream, and one frame over a websocket. */
export type ResponseEvent = Readonly<Record<string, unknown>> & { readonly type: string }

/** What the events of a response say besides the answer itself. */
export interface ResponseFacts {
  /** 48 hex digits; the ids of the response and of its items are made of it. */
  readonly seed: string
  readonly model: string
  readonly createdAtSeconds: number
  readonly usage: TokenUsage
  readonly rateLimits: ResponseEvent
  /** The account that may hand the reasoning back; `undefined` when nobody asked for it to be included. */
  readonly reasoningFor: string | undefined
}

/** The whole stream of an answer, in order. */
export function responseEvents(answer: ScriptedAnswer, facts: ResponseFacts): readonly ResponseEvent[] {
  const events = [
    { type: 'response.created', response: responseObject(facts, { status: 'in_progress' }) },
    { type: 'response.in_progress', response: responseObject(facts, { status: 'in_progress' }) },
    facts.rateLimits,
    ...answer.items.flatMap((item, index) => itemEvents(item, index, facts)),
    lastEvent(answer, facts),
  ]
  return events.map((event, index) => ({ ...event, sequence_number: index }))
}

/** A response that was only prepared (`generate: false`): it has an id and no answer. */
export function preparedEvents(facts: ResponseFacts): readonly ResponseEvent[] {
  return [
    { type: 'response.created', response: responseObject(facts, { status: 'in_progress' }), sequence_number: 0 },
    { type: 'response.completed', response: responseObject(facts, { status: 'completed' }), sequence_number: 1 },
  ]
}

/** The items of a stream as a client hands them back: without their ids. */
export function outputItems(events: readonly ResponseEvent[]): readonly Readonly<Record<string, unknown>>[] {
  return events
    .filter(({ type }) => type === 'response.output_item.done')
    .map((event) => event['item'])
    .filter(isObject)
    .map((item) => ({ ...item, id: undefined }))
}

export function responseId({ seed }: ResponseFacts): string {
  return `resp_${seed}`
}

function lastEvent({ failure }: ScriptedAnswer, facts: ResponseFacts): ResponseEvent {
  if (failure !== undefined)
    return { type: 'response.failed', response: responseObject(facts, { status: 'failed', error: failure }) }
  const usage = usageObject(facts.usage)
  return { type: 'response.completed', response: responseObject(facts, { status: 'completed', usage }) }
}

/** Its `output` is empty even at the end: the backend does not repeat the items there (openai/openai-python#3312). */
function responseObject(facts: ResponseFacts, members: Readonly<Record<string, unknown>>) {
  const { model, createdAtSeconds } = facts
  const blank = { error: null, incomplete_details: null, usage: null, output: [] }
  return { id: responseId(facts), object: 'response', created_at: createdAtSeconds, model, ...blank, ...members }
}

function usageObject({ inputTokens, cachedTokens, outputTokens, reasoningTokens }: TokenUsage) {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  }
}

function itemEvents(item: AnswerItem, outputIndex: number, facts: ResponseFacts): ResponseEvent[] {
  const suffix = facts.seed + outputIndex.toString(16).padStart(2, '0')
  const events = describeItem(item, suffix, facts)
  return [
    { type: 'response.output_item.added', item: events.added },
    ...events.parts.map((part) => ({ ...part, item_id: events.done.id })),
    { type: 'response.output_item.done', item: events.done },
  ].map((event) => ({ ...event, output_index: outputIndex }))
}

interface ItemDescription {
  readonly added: Readonly<Record<string, unknown>>
  readonly parts: readonly ResponseEvent[]
  readonly done: Readonly<Record<string, unknown>> & { readonly id: string }
}

function describeItem(item: AnswerItem, suffix: string, facts: ResponseFacts): ItemDescription {
  switch (item.type) {
    case 'text':
      return describeText(item.text, `msg_${suffix}`)
    case 'reasoning':
      return describeReasoning(item.summary, `rs_${suffix}`, facts.reasoningFor)
    case 'function_call':
      return describeFunctionCall(item, suffix)
    case 'custom_tool_call':
      return describeCustomToolCall(item, suffix)
    default:
      return item satisfies never
  }
}

function describeText(text: string, id: string): ItemDescription {
  const message = { id, type: 'message', role: 'assistant' }
  const part = { type: 'output_text', annotations: [], logprobs: [], text }
  const place = { content_index: 0 }
  return {
    added: { ...message, status: 'in_progress', content: [] },
    parts: [
      { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
      ...toDeltas(text).map((delta) => ({ type: 'response.output_text.delta', ...place, delta, logprobs: [] })),
      { type: 'response.output_text.done', ...place, text, logprobs: [] },
      { type: 'response.content_part.done', ...place, part },
    ],
    done: { ...message, status: 'completed', content: [part] },
  }
}

function describeReasoning(summary: string, id: string, accountId: string | undefined): ItemDescription {
  const reasoning = { id, type: 'reasoning', content: [] }
  const part = { type: 'summary_text', text: summary }
  const place = { summary_index: 0 }
  const sealed = accountId === undefined ? null : sealReasoning(summary, accountId)
  return {
    added: { ...reasoning, summary: [], encrypted_content: accountId === undefined ? null : '' },
    parts: [
      { type: 'response.reasoning_summary_part.added', ...place, part: { ...part, text: '' } },
      ...toDeltas(summary).map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...place, delta })),
      { type: 'response.reasoning_summary_text.done', ...place, text: summary },
      { type: 'response.reasoning_summary_part.done', ...place, part },
    ],
    done: { ...reasoning, summary: [part], encrypted_content: sealed },
  }
}

function describeFunctionCall(
  { name, arguments: given, callId }: Extract<AnswerItem, { type: 'function_call' }>,
  suffix: string,
): ItemDescription {
  const text = typeof given === 'string' ? given : JSON.stringify(given)
  const call = { id: `fc_${suffix}`, type: 'function_call', name, call_id: callId ?? toCallId(suffix) }
  return {
    added: { ...call, status: 'in_progress', arguments: '' },
    parts: [
      ...toDeltas(text).map((delta) => ({ type: 'response.function_call_arguments.delta', delta })),
      { type: 'response.function_call_arguments.done', arguments: text },
    ],
    done: { ...call, status: 'completed', arguments: text },
  }
}

function describeCustomToolCall(
  { name, input, callId }: Extract<AnswerItem, { type: 'custom_tool_call' }>,
  suffix: string,
): ItemDescription {
  const call = { id: `ctc_${suffix}`, type: 'custom_tool_call', name, call_id: callId ?? toCallId(suffix) }
  return {
    added: { ...call, status: 'in_progress', input: '' },
    parts: [
      ...toDeltas(input).map((delta) => ({ type: 'response.custom_tool_call_input.delta', delta })),
      { type: 'response.custom_tool_call_input.done', input },
    ],
    done: { ...call, status: 'completed', input },
  }
}

function toCallId(suffix: string): string {
  return `call_${suffix.slice(-24)}`
}

/** Pieces of up to twelve characters; no character is cut in two. */
function toDeltas(text: string): readonly string[] {
  return text.match(/.{1,12}/gsu) ?? []
}
