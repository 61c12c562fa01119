import { isJsonObject, readNumber, readObject, readString, type JsonObject, type JsonValue } from '../core/index.js'
import { copyJson } from './copy-json.js'
import type { ResponseEvent } from './response-events.js'

/** Puts a response together from its events. */
export interface ResponseReducer {
  readonly add: (event: ResponseEvent) => void
  /** The whole response; `undefined` before its last event has come. */
  result(): JsonObject | undefined
}

/** The last event of the backend repeats no item (openai/openai-python#3312), so each is kept as it comes. */
export function createResponseReducer(): ResponseReducer {
  const items = new Map<number, ItemProgress>()
  let response: JsonObject = {}
  let isComplete = false

  function readResponse(type: string, data: JsonObject): void {
    const given = readObject(data, 'response')
    response = given ?? response
    const status = lastStatuses.get(type)
    if (status === undefined) return
    isComplete = true
    response = { ...response, status: readString(given, 'status') ?? status }
  }

  return {
    add({ type, data }) {
      const index = readNumber(data, 'output_index')
      if (index === undefined) return readResponse(type, data)
      let progress = items.get(index)
      if (!progress) items.set(index, (progress = { isDone: false }))
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
  const output: JsonObject[] = []
  for (const [, { item, isDone }] of [...items].toSorted(([one], [other]) => one - other)) {
    if (item) output.push(isDone ? item : toUnfinished(item))
  }
  return output
}

function toUnfinished(item: JsonObject): JsonObject {
  return { ...item, status: 'incomplete' }
}

/** What is done is whole: nothing that comes after it changes it. */
function advance(progress: ItemProgress, type: string, data: JsonObject): void {
  if (progress.isDone) return
  const change = changes.get(type)
  if (!change) return takeItem(progress, type, data)
  const item = progress.item ?? change.whenMissing?.()
  if (!item) return
  progress.item = item
  change.apply(item, data)
}

function takeItem(progress: ItemProgress, type: string, data: JsonObject): void {
  const item = readObject(data, 'item')
  const isAdded = type === 'response.output_item.added'
  progress.isDone = type === 'response.output_item.done' && item !== undefined
  if (item && (isAdded || progress.isDone)) progress.item = isAdded ? copyJson(item) : item
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

/** The lists of parts that an item may have, and how an event names a place in one. */
const indexMembers = { content: 'content_index', summary: 'summary_index' } as const
type PartList = keyof typeof indexMembers

/** A part that comes as a whole, first empty and then done. */
function partOf(event: string, whenMissing: () => JsonObject, list: PartList): [string, Change][] {
  const apply: Change['apply'] = (item, data) => {
    const part = readObject(data, 'part')
    if (part) place(listOf(item, list), data, indexMembers[list], copyJson(part))
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
  const part = (item: JsonObject, data: JsonObject) =>
    partAt(item, list, data, () => ({ type: partType, [member]: '' }))
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
  const part = partAt(item, 'content', data, () => ({ type: 'output_text', text: '' }))
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

function partAt(item: JsonObject, list: PartList, data: JsonObject, create: () => JsonObject): JsonObject {
  const parts = listOf(item, list)
  const part = parts[readNumber(data, indexMembers[list]) ?? 0]
  if (isJsonObject(part)) return part
  const fresh = create()
  place(parts, data, indexMembers[list], fresh)
  return fresh
}

function place(list: JsonValue[], data: JsonObject, indexMember: string, value: JsonObject): void {
  list[placeOf(list, data, indexMember)] = value
}

/** The place that the event names, or the next one: no server makes a list with holes. */
function placeOf(list: readonly JsonValue[], data: JsonObject, indexMember: string): number {
  const index = readNumber(data, indexMember) ?? 0
  return list[index] === undefined ? list.length : index
}

function listOf(object: JsonObject, member: string): JsonValue[] {
  const list = object[member]
  if (Array.isArray(list)) return list
  const fresh: JsonValue[] = []
  object[member] = fresh
  return fresh
}
