import { isJsonObject, readObject, type JsonObject, type JsonValue } from '../core/index.js'
import { toItems } from './chat-request-messages.js'
import { toToolChoice, toTools } from './chat-request-tools.js'
import { createReport, type NormalisationReport } from './normalisation-report.js'
import { unsupportedField } from './request-error.js'
import { readRequestBody } from './request-json.js'

/** A Chat Completions request, translated. */
export interface ChatRequest {
  /** For the public Responses API; `normaliseRequest` makes it one for the backend. */
  readonly body: JsonObject
  /** What of the messages was left out. Members of the request itself are the normaliser's to judge: most have one name in both APIs. */
  readonly report: NormalisationReport
  /** Whether the last chunk of a stream is to tell the token counts. */
  readonly includesUsage: boolean
}

/**
 * The Responses request that asks the same as a Chat Completions request.
 *
 * @param chatBody A JSON text or value.
 * @throws AuthError `ERR_UPSTREAM_BAD_REQUEST`; `ERR_UPSTREAM_UNSUPPORTED_FIELD` for what cannot be said in a Responses request
 */
export function toResponsesRequest(chatBody: unknown): ChatRequest {
  return translateChat(readRequestBody(chatBody))
}

/** As `toResponsesRequest`, for what is known to be JSON. */
export function translateChat(chatBody: JsonObject): ChatRequest {
  const { messages, tool_choice, function_call, response_format, reasoning_effort, verbosity, ...others } = chatBody
  const { tools, functions, web_search_options, ...rest } = others
  const report = createReport()
  if (rest['input'] !== undefined) report.drop('A Chat Completions request has messages instead.', 'input')
  const { include_usage: includeUsage, ...streamOptions } = readObject(rest, 'stream_options') ?? {}
  const translated: JsonObject = {
    input: toItems(messages, report),
    tools: orNothing(toTools({ tools, functions, web_search_options }, report)),
    tool_choice: toToolChoice(tool_choice, function_call),
    text: orNothing({ ...readObject(rest, 'text'), ...toFormat(response_format), ...given('verbosity', verbosity) }),
    reasoning: orNothing({ ...readObject(rest, 'reasoning'), ...given('effort', reasoning_effort) }),
    stream_options: orNothing(streamOptions),
  }
  return { body: { ...rest, ...translated }, report, includesUsage: includeUsage === true }
}

function given(name: string, value: JsonValue | undefined): JsonObject {
  return value === undefined || value === null ? {} : { [name]: value }
}

/** An object or list with nothing in it says nothing. */
function orNothing<Value extends object>(value: Value): Value | undefined {
  return Object.keys(value).length > 0 ? value : undefined
}

function toFormat(format: JsonValue | undefined): JsonObject {
  if (format === undefined || format === null) return {}
  const type = isJsonObject(format) ? format['type'] : undefined
  if (type === 'text' || type === 'json_object') return { format: { type } }
  const schema = isJsonObject(format) ? readObject(format, 'json_schema') : undefined
  if (type === 'json_schema' && schema) return { format: { ...schema, type } }
  throw unsupportedField('response_format', 'the backend knows `text`, `json_object` and `json_schema`.')
}
