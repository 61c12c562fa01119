import { isJsonObject, readString, type JsonObject, type JsonValue, type ShapedRequest } from '../core/index.js'
import { packTools, type ToolPacking } from './tool-packing.js'

/** How requests are brought into the documented shape. */
export interface RequestRules {
  /** `reject` names what the service does not take, and sends nothing; `strip` leaves it out and says so. Default `reject`. */
  readonly unsupported?: 'reject' | 'strip' | undefined
  /** How functions are given to the model, see `ToolPacking`; default `namespace`. */
  readonly tools?: ToolPacking | undefined
}

/** A place in a request, and why it cannot stay. */
type Finding = ShapedRequest['dropped'][number]

/** Members of a request that must be left out (siwc 6.3). */
const omitted: ReadonlySet<string> = new Set([
  'background',
  'conversation',
  'max_output_tokens',
  'max_tool_calls',
  'metadata',
  'moderation',
  'multi_agent',
  'previous_response_id',
  'prompt',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'temperature',
  'top_logprobs',
  'top_p',
  'truncation',
  'user',
])

/** Tools that the service runs for a plan; all others of its own it refuses (siwc 6.3). */
const toolTypes: ReadonlySet<string> = new Set(['function', 'custom', 'namespace', 'web_search', 'web_search_preview'])

/** What may stand in a conversation, by the service's own words (siwc 6.3). */
const itemTypes: ReadonlySet<string> = new Set([
  'message',
  'item_reference',
  'additional_tools',
  'compaction',
  'compaction_summary',
  'reasoning',
  'web_search_call',
  'function_call',
  'function_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
  'program',
  'program_output',
])

/**
 * A request as the documented service takes it: the whole conversation as a list, nothing stored, always a stream (siwc 6.3). What it refuses is
 * named; what no page names is sent as it is, and the service decides.
 */
export function shapeRequest(
  given: JsonObject,
  { unsupported = 'reject', tools = 'namespace' }: RequestRules = {},
): ShapedRequest {
  const findings = [...findMembers(given), ...findTools(given['tools']), ...findItems(given['input'])]
  if (unsupported === 'reject' && findings.length > 0) return { body: given, dropped: [], refused: findings }
  const kept = { ...withoutFound(given), input: toItems(given['input']), store: false, stream: true }
  return { body: packTools(kept, tools), dropped: findings, refused: [] }
}

function findMembers(given: JsonObject): Finding[] {
  const findings = Object.entries(given).flatMap(([name, value]) =>
    omitted.has(name) && asksForSomething(value) ? [{ path: name, reason: 'a ChatGPT plan does not take it.' }] : [],
  )
  if (given['store'] === true) findings.push({ path: 'store', reason: 'the service stores no responses of a plan.' })
  return findings
}

function asksForSomething(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && value !== false
}

function findTools(tools: JsonValue | undefined): Finding[] {
  if (!Array.isArray(tools)) return []
  return tools.flatMap((tool, index) => {
    const type = isJsonObject(tool) ? (readString(tool, 'type') ?? '') : ''
    return toolTypes.has(type)
      ? []
      : [{ path: `tools[${index}]`, reason: `a ChatGPT plan has no tool of the type "${type}".` }]
  })
}

function findItems(input: JsonValue | undefined): Finding[] {
  if (!Array.isArray(input)) return []
  return input.flatMap((item, index) => {
    const reason = isJsonObject(item) ? whyRefused(item) : 'it is not a JSON object.'
    return reason === undefined ? [] : [{ path: `input[${index}]`, reason }]
  })
}

function whyRefused(item: JsonObject): string | undefined {
  const type = readString(item, 'type') ?? 'message'
  if (!itemTypes.has(type)) return `a conversation of a plan holds no item of the type "${type}".`
  const parts = Array.isArray(item['content']) ? item['content'].filter(isJsonObject) : []
  if (parts.some((part) => /audio|video/.test(readString(part, 'type') ?? '')))
    return 'a plan takes no audio and no video.'
  if (parts.some((part) => asksForSomething(part['file_id'])))
    return 'a plan has no uploaded files; send the content inline.'
  return undefined
}

/** Only reached when nothing is found, or when what is found may go. */
function withoutFound(given: JsonObject): JsonObject {
  const members = Object.entries(given).filter(([name, value]) => value !== null && !omitted.has(name))
  const { tools, input, ...rest } = Object.fromEntries(members)
  return {
    ...rest,
    ...(tools !== undefined && { tools: without(tools, findTools(tools), 'tools') }),
    ...(input !== undefined && { input: without(input, findItems(input), 'input') }),
  }
}

function without(list: JsonValue, findings: readonly Finding[], member: string): JsonValue {
  if (!Array.isArray(list)) return list
  const paths = new Set(findings.map(({ path }) => path))
  return list.filter((_entry, index) => !paths.has(`${member}[${index}]`))
}

/** The service wants a list, and messages of the developer where others have those of the system: both mean the same. */
function toItems(input: JsonValue | undefined): JsonValue[] {
  if (!Array.isArray(input)) {
    return [
      {
        type: 'message',
        role: 'user',
        content: [{ type: 'input_text', text: typeof input === 'string' ? input : '' }],
      },
    ]
  }
  return input.map((item) => (isJsonObject(item) && item['role'] === 'system' ? { ...item, role: 'developer' } : item))
}
