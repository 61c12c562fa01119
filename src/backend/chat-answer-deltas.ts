import { readNumber, readObject, readString, type JsonObject } from '../core/index.js'
import { objectsOf, readCall, readCitations, toToolCall } from './chat-answer-parts.js'
import type { ResponseEvent } from './response-events.js'

/** What the events of an answer add to a message of Chat Completions. */
export interface ChatDeltas {
  add(event: ResponseEvent): JsonObject[]
  /** Whether the model called anything. */
  hasCalls(): boolean
}

/** Some text of the answer: where it stands, and how it is told. */
interface Place {
  readonly key: string
  readonly toDelta: (text: string) => JsonObject
}

/** Remembers how much of each text has been told. */
export function createChatDeltas(): ChatDeltas {
  const told = new Map<string, number>()
  const cited = new Set<string>()
  const calls = new Map<number, { readonly place: Place }>()

  function tell({ key, toDelta }: Place, text: string): JsonObject[] {
    if (text === '') return []
    told.set(key, (told.get(key) ?? 0) + text.length)
    return [toDelta(text)]
  }

  /** What has not been told yet of a text that is whole now. */
  function complete(place: Place, whole: string | undefined): JsonObject[] {
    return tell(place, whole?.slice(told.get(place.key) ?? 0) ?? '')
  }

  /** Once, when the text is whole: until then they could only be told of what is not there yet. */
  function cite(key: string, part: JsonObject): JsonObject[] {
    const annotations = cited.has(key) ? [] : readCitations(part)
    if (annotations.length === 0) return []
    cited.add(key)
    return [{ annotations }]
  }

  function startCall(item: JsonObject, outputIndex: number): JsonObject[] {
    const call = readCall(item)
    if (!call || calls.has(outputIndex)) return []
    const index = calls.size
    const member = call.type === 'function' ? 'arguments' : 'input'
    const toDelta = (text: string) => ({ tool_calls: [{ index, [call.type]: { [member]: text } }] })
    calls.set(outputIndex, { place: { key: `${outputIndex}`, toDelta } })
    return [{ tool_calls: [{ index, ...toToolCall({ ...call, input: '' }) }] }]
  }

  function completeItem(item: JsonObject, outputIndex: number): JsonObject[] {
    const started = startCall(item, outputIndex)
    const place = calls.get(outputIndex)?.place
    if (place) return [...started, ...complete(place, readCall(item)?.input)]
    if (item['type'] !== 'message') return []
    return objectsOf(item['content']).flatMap((part, index) => [
      ...complete(textPlace('content', outputIndex, index), readString(part, 'text')),
      ...complete(textPlace('refusal', outputIndex, index), readString(part, 'refusal')),
      ...cite(`${outputIndex} ${index}`, part),
    ])
  }

  function add({ type, data }: ResponseEvent): JsonObject[] {
    const outputIndex = readNumber(data, 'output_index') ?? 0
    const item = readObject(data, 'item')
    if (type === 'response.output_item.added') return item ? startCall(item, outputIndex) : []
    if (type === 'response.output_item.done') return item ? completeItem(item, outputIndex) : []
    const text = textEvents.get(type)
    if (!text) return objectsOf(readObject(data, 'response')?.['output']).flatMap(completeItem)
    const place = text.member
      ? textPlace(text.member, outputIndex, readNumber(data, 'content_index') ?? 0)
      : calls.get(outputIndex)?.place
    if (!place) return []
    return text.whole ? complete(place, readString(data, text.whole)) : tell(place, readString(data, 'delta') ?? '')
  }

  return { add, hasCalls: () => calls.size > 0 }
}

/** Which events carry text: of the message or, without a `member`, of a call; and where it stands in those that repeat the whole of it. */
const textEvents = new Map<string, { readonly member?: 'content' | 'refusal'; readonly whole?: string }>([
  ['response.output_text.delta', { member: 'content' }],
  ['response.output_text.done', { member: 'content', whole: 'text' }],
  ['response.refusal.delta', { member: 'refusal' }],
  ['response.refusal.done', { member: 'refusal', whole: 'refusal' }],
  ['response.function_call_arguments.delta', {}],
  ['response.function_call_arguments.done', { whole: 'arguments' }],
  ['response.custom_tool_call_input.delta', {}],
  ['response.custom_tool_call_input.done', { whole: 'input' }],
])

function textPlace(member: 'content' | 'refusal', outputIndex: number, contentIndex: number): Place {
  return { key: `${outputIndex} ${contentIndex} ${member}`, toDelta: (text) => ({ [member]: text }) }
}
