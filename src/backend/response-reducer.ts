import { isJsonObject, readNumber, readObject, readString, type JsonObject, type JsonValue } from '../core/index.js'
import type { ResponseEvent } from './response-events.js'

/** Puts a response together from its events. */
export interface ResponseReducer {
  add(event: ResponseEvent): void
  /** The whole response; `undefined` before its last event has come. */
  result(): JsonObject | undefined
}

/** The last event of the backend repeats no item (openai/openai-python#3312), so each is kept as it comes. */
export function createResponseReducer(): ResponseReducer {
  const items = new Map<number, ItemProgress>()
  let response: JsonObject = {}
  let isComplete = false

  return {
    add({ type, data }) {
      const given = readObject(data, 'response')
      response = given ?? response
      const status = lastStatuses.get(type)
      if (status !== undefined) {
        isComplete = true
        response = { ...response, status: readString(given, 'status') ?? status }
      }
      const index = readNumber(data, 'output_index')
      if (index === undefined) return
      const progress = items.get(index) ?? { isDone: false }
      items.set(index, progress)
      advance(progress, type, data)
    },
    result() {
      if (!isComplete) return undefined
      const { output } = response
      const isRepeated = Array.isArray(output) && output.length > 0
      return isRepeated ? response : { ...response, output: toOutput(items) }
    },
  }
}

const lastStatuses = new Map([
  ['response.completed', 'completed'],
  ['response.incomplete', 'incomplete'],
  ['response.failed', 'failed'],
])

/** An output item, as far as it has come. */
interface ItemProgress {
  item?: JsonObject
  isDone: boolean
}

function toOutput(items: ReadonlyMap<number, ItemProgress>): JsonObject[] {
  return [...items]
    .toSorted(([one], [other]) => one - other)
    .flatMap(([, { item, isDone }]) => (item === undefined ? [] : [isDone ? item : toUnfinished(item)]))
}

function toUnfinished(item: JsonObject): JsonObject {
  return { ...item, status: 'incomplete' }
}

/** What is done is whole: nothing that comes after it changes it. */
function advance(progress: ItemProgress, type: string, data: JsonObject): void {
  if (progress.isDone) return
  const given = readObject(data, 'item')
  if (type === 'response.output_item.done' && given) {
    progress.item = given
    progress.isDone = true
  } else if (type === 'response.output_item.added' && given) {
    progress.item = structuredClone(given)
  } else {
    const change = changes.get(type)
    const item = progress.item ?? change?.whenMissing?.()
    if (!change || !item) return
    progress.item = item
    change.apply(item, data)
  }
}

/** What an event does to its item. */
interface Change {
  /** The item to begin with when its first event was lost. A call has none: nobody would know its name. */
  readonly whenMissing?: () => JsonObject
  apply(item: JsonObject, data: JsonObject): void
}

const message = () => ({ type: 'message', role: 'assistant', content: [] })
const reasoning = () => ({ type: 'reasoning', summary: [] })

const changes: ReadonlyMap<string, Change> = new Map([
  ...partOf('response.content_part', message, 'content'),
  ...textOf('response.output_text', message, 'content', 'output_text', 'text'),
  ...textOf('response.refusal', message, 'content', 'refusal', 'refusal'),
  ['response.output_text.annotation.added', { whenMissing: message, apply: addAnnotation }],
  ...partOf('response.reasoning_summary_part', reasoning, 'summary'),
  ...textOf('response.reasoning_summary_text', reasoning, 'summary', 'summary_text', 'text'),
  ...textOf('response.reasoning_text', reasoning, 'content', 'reasoning_text', 'text'),
  ...memberOf('response.function_call_arguments', 'arguments'),
  ...memberOf('response.mcp_call_arguments', 'arguments'),
  ...memberOf('response.custom_tool_call_input', 'input'),
  ...memberOf('response.code_interpreter_call_code', 'code'),
])

/** The lists of parts that an item may have. An event names a place in one as `content_index` or `summary_index`. */
type PartList = 'content' | 'summary'

/** A part that comes as a whole, first empty and then done. */
function partOf(event: string, whenMissing: () => JsonObject, list: PartList): [string, Change][] {
  const apply: Change['apply'] = (item, data) => {
    const part = readObject(data, 'part')
    if (part) place(listOf(item, list), data, `${list}_index`, structuredClone(part))
  }
  return [
    [`${event}.added`, { whenMissing, apply }],
    [`${event}.done`, { whenMissing, apply }],
  ]
}

/** Text that grows in a part of its item. */
function textOf(
  event: string,
  whenMissing: () => JsonObject,
  list: PartList,
  partType: string,
  member: string,
): [string, Change][] {
  const part = (item: JsonObject, data: JsonObject) => partAt(item, list, data, { type: partType, [member]: '' })
  return [
    [`${event}.delta`, { whenMissing, apply: (item, data) => grow(part(item, data), member, data) }],
    [`${event}.done`, { whenMissing, apply: (item, data) => replace(part(item, data), member, data) }],
  ]
}

/** Text that grows in the item itself. */
function memberOf(event: string, member: string): [string, Change][] {
  return [
    [`${event}.delta`, { apply: (item, data) => grow(item, member, data) }],
    [`${event}.done`, { apply: (item, data) => replace(item, member, data) }],
  ]
}

function addAnnotation(item: JsonObject, data: JsonObject): void {
  const part = partAt(item, 'content', data, { type: 'output_text', text: '' })
  const annotation = readObject(data, 'annotation')
  if (annotation) place(listOf(part, 'annotations'), data, 'annotation_index', annotation)
}

function grow(object: JsonObject, member: string, data: JsonObject): void {
  object[member] = (readString(object, member) ?? '') + (readString(data, 'delta') ?? '')
}

function replace(object: JsonObject, member: string, data: JsonObject): void {
  const whole = readString(data, member)
  if (whole !== undefined) object[member] = whole
}

function partAt(item: JsonObject, list: PartList, data: JsonObject, fresh: JsonObject): JsonObject {
  const parts = listOf(item, list)
  const part = parts[placeOf(parts, data, `${list}_index`)]
  if (isJsonObject(part)) return part
  place(parts, data, `${list}_index`, fresh)
  return fresh
}

function place(list: JsonValue[], data: JsonObject, indexMember: string, value: JsonObject): void {
  list[placeOf(list, data, indexMember)] = value
}

/** The place that the event names, or the next one: no server makes a list with holes. */
function placeOf(list: readonly JsonValue[], data: JsonObject, indexMember: string): number {
  const index = readNumber(data, indexMember) ?? 0
  return index in list ? index : list.length
}

function listOf(object: JsonObject, member: string): JsonValue[] {
  const list = object[member]
  if (Array.isArray(list)) return list
  const fresh: JsonValue[] = []
  object[member] = fresh
  return fresh
}
