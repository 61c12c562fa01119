import { readObject, readString, type JsonObject, type JsonValue } from '../core/index.js'
import { toMessageParts } from './chat-request-content.js'
import { readObjects } from './chat-request-tools.js'
import { dropOthers, toPath, type PathStep, type ReportWriter } from './normalisation-report.js'
import { badRequest, unsupportedField } from './request-error.js'

/** A conversation that is being translated. */
interface Translation {
  readonly report: ReportWriter
  /** Custom tools are answered by another kind of item than functions are. */
  readonly customCallIds: Set<string>
  /** The older spelling has no ids: an answer belongs to the last call. */
  legacyCalls: number
}

/** The messages of a Chat Completions request as items of a Responses request. */
export function toItems(messages: JsonValue | undefined, report: ReportWriter): JsonObject[] {
  if (!Array.isArray(messages)) throw badRequest('messages', 'it is not a list.')
  const translation: Translation = { report, customCallIds: new Set(), legacyCalls: 0 }
  return readObjects(messages, 'messages').flatMap((message, index) => toMessageItems(message, index, translation))
}

function toMessageItems(message: JsonObject, index: number, translation: Translation): JsonObject[] {
  const role = readString(message, 'role')
  const write = writers.get(role ?? '')
  if (!write) throw badRequest(`messages[${index}].role`, 'it is not a role that a message can have.')
  dropOthers(translation.report, message, write.members, 'messages', index)
  return write.toItems(message, index, translation)
}

interface MessageWriter {
  readonly members: ReadonlySet<string>
  readonly toItems: (message: JsonObject, index: number, translation: Translation) => JsonObject[]
}

const said: MessageWriter = { members: new Set(['role', 'content']), toItems: toSaidItems }

const writers: ReadonlyMap<string, MessageWriter> = new Map([
  ['system', said],
  ['developer', said],
  ['user', said],
  [
    'assistant',
    { members: new Set(['role', 'content', 'refusal', 'tool_calls', 'function_call']), toItems: toAssistantItems },
  ],
  ['tool', { members: new Set(['role', 'content', 'tool_call_id']), toItems: toToolOutput }],
  ['function', { members: new Set(['role', 'content', 'name']), toItems: toFunctionOutput }],
])

function toSaidItems(message: JsonObject, index: number, { report }: Translation): JsonObject[] {
  const content = toMessageParts(message['content'], 'input_text', report, 'messages', index, 'content')
  return [{ type: 'message', role: message['role'], content }]
}

function toAssistantItems(message: JsonObject, index: number, translation: Translation): JsonObject[] {
  const refusal = readString(message, 'refusal')
  const content = [
    // Empty beside calls, as many clients write it.
    ...toMessageParts(message['content'] || null, 'output_text', translation.report, 'messages', index, 'content'),
    ...(refusal ? [{ type: 'refusal', refusal }] : []),
  ]
  const legacyCall = readObject(message, 'function_call')
  return [
    ...(content.length > 0 ? [{ type: 'message', role: 'assistant', content }] : []),
    ...readObjects(message['tool_calls'], 'messages', index, 'tool_calls').map((call, position) =>
      toCallItem(call, translation, 'messages', index, 'tool_calls', position),
    ),
    ...(legacyCall ? [toLegacyCall(legacyCall, translation)] : []),
  ]
}

const callMembers = new Set(['id', 'type', 'function', 'custom'])
const calledMembers = new Set(['name', 'arguments', 'input'])

function toCallItem(call: JsonObject, { customCallIds, report }: Translation, ...path: PathStep[]): JsonObject {
  const callId = readString(call, 'id')
  if (callId === undefined) throw badRequest(toPath(...path, 'id'), 'it is missing.')
  const called = readObject(call, 'function')
  const custom = readObject(call, 'custom')
  dropOthers(report, call, callMembers, ...path)
  dropOthers(report, called ?? custom, calledMembers, ...path, called ? 'function' : 'custom')
  if (called)
    return { type: 'function_call', call_id: callId, name: called['name'], arguments: called['arguments'] ?? '' }
  if (!custom) throw unsupportedField(toPath(...path), 'it calls neither a function nor a custom tool.')
  customCallIds.add(callId)
  return { type: 'custom_tool_call', call_id: callId, name: custom['name'], input: custom['input'] ?? '' }
}

function toToolOutput(message: JsonObject, index: number, { customCallIds, report }: Translation): JsonObject[] {
  const callId = readString(message, 'tool_call_id')
  if (callId === undefined) throw badRequest(`messages[${index}].tool_call_id`, 'it is missing.')
  const type = customCallIds.has(callId) ? 'custom_tool_call_output' : 'function_call_output'
  return [{ type, call_id: callId, output: toOutput(message, index, report) }]
}

function toLegacyCall(call: JsonObject, translation: Translation): JsonObject {
  translation.legacyCalls += 1
  const callId = legacyCallId(translation)
  return { type: 'function_call', call_id: callId, name: call['name'], arguments: call['arguments'] ?? '' }
}

function toFunctionOutput(message: JsonObject, index: number, translation: Translation): JsonObject[] {
  if (translation.legacyCalls === 0)
    throw badRequest(`messages[${index}]`, 'it answers a function that was not called.')
  return [
    {
      type: 'function_call_output',
      call_id: legacyCallId(translation),
      output: toOutput(message, index, translation.report),
    },
  ]
}

function legacyCallId({ legacyCalls }: Translation): string {
  return `call_function_${legacyCalls}`
}

/** Text alone goes out as text; anything else as the parts it came in. */
function toOutput(message: JsonObject, index: number, report: ReportWriter): JsonValue {
  const parts = toMessageParts(message['content'], 'input_text', report, 'messages', index, 'content')
  const texts = parts.map((part) => readString(part, 'text'))
  return texts.every((text) => text !== undefined) ? texts.join('') : parts
}
