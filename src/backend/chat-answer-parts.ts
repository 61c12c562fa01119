import { isJsonObject, readNumber, readObject, readString, type JsonObject } from '../core/index.js'

/** What an answer in the shape of Chat Completions is told besides the response. */
export interface ChatAnswerOptions {
  /** The model to name, where the response names none. */
  readonly model?: string | undefined
}

/** What a completion and each of its chunks begin with. */
export function chatHead(response: JsonObject, { model }: ChatAnswerOptions): JsonObject {
  return {
    id: `chatcmpl-${(readString(response, 'id') ?? crypto.randomUUID()).replace(/^resp_/, '')}`,
    created: readNumber(response, 'created_at') ?? 0,
    model: readString(response, 'model') ?? model ?? '',
  }
}

/** Why the answer ended, in the words of Chat Completions. */
export function finishReason(response: JsonObject, hasCalls: boolean): string {
  if (readString(response, 'status') === 'incomplete') {
    const reason = readString(readObject(response, 'incomplete_details'), 'reason')
    return reason === 'content_filter' ? 'content_filter' : 'length'
  }
  return hasCalls ? 'tool_calls' : 'stop'
}

/** The counts under the names of Chat Completions; absent stays absent. */
export function chatUsage(response: JsonObject): JsonObject | undefined {
  const usage = readObject(response, 'usage')
  if (!usage) return undefined
  const cached = readNumber(readObject(usage, 'input_tokens_details'), 'cached_tokens')
  const reasoning = readNumber(readObject(usage, 'output_tokens_details'), 'reasoning_tokens')
  return {
    ...count('prompt_tokens', readNumber(usage, 'input_tokens')),
    ...count('completion_tokens', readNumber(usage, 'output_tokens')),
    ...count('total_tokens', readNumber(usage, 'total_tokens')),
    ...(cached !== undefined && { prompt_tokens_details: { cached_tokens: cached } }),
    ...(reasoning !== undefined && { completion_tokens_details: { reasoning_tokens: reasoning } }),
  }
}

function count(name: string, value: number | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value }
}

/** A tool call of the model, whichever kind: what it was given goes by another name in each. */
export interface ChatCall {
  readonly id: string
  readonly type: 'function' | 'custom'
  readonly name: string
  readonly input: string
}

/** The call that an output item is; `undefined` for any other item. */
export function readCall(item: JsonObject): ChatCall | undefined {
  const isFunction = item['type'] === 'function_call'
  if (!isFunction && item['type'] !== 'custom_tool_call') return undefined
  return {
    id: readString(item, 'call_id') ?? readString(item, 'id') ?? '',
    type: isFunction ? 'function' : 'custom',
    name: readString(item, 'name') ?? '',
    input: readString(item, isFunction ? 'arguments' : 'input') ?? '',
  }
}

/** The call as Chat Completions writes it. */
export function toToolCall({ id, type, name, input }: ChatCall): JsonObject {
  if (type === 'function') return { id, type, function: { name, arguments: input } }
  return { id, type, custom: { name, input } }
}

/** The citations of a part of a message: Chat Completions knows one kind of annotation. */
export function readCitations({ annotations }: JsonObject): JsonObject[] {
  return objectsOf(annotations).flatMap(({ type, ...citation }) =>
    type === 'url_citation' ? [{ type, url_citation: readObject(citation, 'url_citation') ?? citation }] : [],
  )
}

/** The members of a list that are objects; none for anything that is no list. */
export function objectsOf(list: JsonObject[string]): JsonObject[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : []
}
