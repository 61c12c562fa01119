import { isJsonObject, type JsonObject, type JsonValue } from '../core/index.js'

/** Where something lies in a text: from the first character to the one after the last. */
interface Span {
  readonly start: number
  readonly end: number
}

interface Member {
  /** As it is after its escapes are undone. */
  readonly key: string
  readonly keySpan: Span
  readonly value: Span
}

/** What replaces a span. */
interface Edit extends Span {
  readonly by: string
}

/**
 * The text of `after`, made from `text` by replacing what differs and nothing else: every other member keeps its bytes, with its order, its
 * blanks, its escapes, and numbers spelled as they were, which `JSON.stringify(JSON.parse(text))` would not. New members go to the end of
 * their object, in its layout; where a key stands twice, the last one counts, as it does for the parser.
 *
 * @param text A JSON object, as `JSON.parse` accepts it.
 */
export function editJson(text: string, after: JsonObject): string {
  const before: unknown = JSON.parse(text)
  if (!isJsonObject(before)) throw new TypeError('Only the text of a JSON object can be edited.')
  const start = skipBlanks(text, 0)
  return applyEdits(text, objectEdits(text, start, before, after))
}

function objectEdits(text: string, start: number, before: JsonObject, after: JsonObject): Edit[] {
  const members = readMembers(text, start)
  const last = new Map(members.map((member) => [member.key, member]))
  const kept = members.filter(({ key }) => Object.hasOwn(after, key) && after[key] !== undefined)
  const added = Object.entries(after).filter(([key, value]) => value !== undefined && !last.has(key))
  if (members.length === 0 && added.length === 0) return []
  if (kept.length === 0) return [{ ...objectSpan(text, start, members), by: serialize(after, indentOf(text, start)) }]
  const changes = [...last].flatMap(([key, { value }]) =>
    kept.some((member) => member.key === key) ? valueEdits(text, value, before[key], after[key]) : [],
  )
  return [...changes, ...removals(members, kept), ...additions(text, start, kept, added)]
}

function valueEdits(text: string, span: Span, before: JsonValue | undefined, after: JsonValue | undefined): Edit[] {
  if (after === undefined || isEqual(before, after)) return []
  if (isJsonObject(before) && isJsonObject(after)) return objectEdits(text, span.start, before, after)
  return [{ ...span, by: serialize(after, indentOf(text, span.start)) }]
}

/** A member goes with the comma and the blanks before it; those before the first one that stays go with what comes before it. */
function removals(members: readonly Member[], kept: readonly Member[]): Edit[] {
  const [first] = kept
  return members.flatMap((member, index): Edit[] => {
    if (!first || kept.includes(member)) return []
    const next = members[index + 1]
    const previous = members[index - 1]
    const isLeading = member.keySpan.start < first.keySpan.start
    if (isLeading && next) return [{ start: member.keySpan.start, end: next.keySpan.start, by: '' }]
    return previous ? [{ start: previous.value.end, end: member.value.end, by: '' }] : []
  })
}

/** Behind the last member that stays, with the blanks that stand before its own key and value. */
function additions(
  text: string,
  start: number,
  kept: readonly Member[],
  added: readonly (readonly [string, JsonValue | undefined])[],
): Edit[] {
  const last = kept.at(-1)
  if (!last || added.length === 0) return []
  const layout = text.slice(start + 1, skipBlanks(text, start + 1))
  const colon = text.slice(last.keySpan.end, last.value.start)
  const by = added.map(([key, value = null]) => {
    return `,${layout}${JSON.stringify(key)}${colon}${serialize(value, layoutIndent(layout))}`
  })
  return [{ start: last.value.end, end: last.value.end, by: by.join('') }]
}

/** In the order of the text; an addition behind a member comes before the removal of what follows it. */
function applyEdits(text: string, edits: readonly Edit[]): string {
  let end = 0
  const parts = edits
    .toSorted((one, other) => one.start - other.start || one.end - other.end)
    .map((edit) => {
      const part = text.slice(end, edit.start) + edit.by
      end = edit.end
      return part
    })
  return parts.join('') + text.slice(end)
}

/** On lines of its own where the text around it is, `indent` deep; on one line otherwise. */
function serialize(value: JsonValue, indent: string | undefined): string {
  if (indent === undefined) return JSON.stringify(value)
  return JSON.stringify(value, undefined, 2).replaceAll('\n', `\n${indent}`)
}

/** How deep the line is that `position` stands on; `undefined` on the first, where there is nothing to go by. */
function indentOf(text: string, position: number): string | undefined {
  const line = text.lastIndexOf('\n', position - 1)
  return line === -1 ? undefined : text.slice(line + 1, skipBlanks(text, line + 1))
}

function layoutIndent(layout: string): string | undefined {
  return layout.includes('\n') ? layout.slice(layout.lastIndexOf('\n') + 1) : undefined
}

function isEqual(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  if (Array.isArray(one)) {
    return (
      Array.isArray(other) && one.length === other.length && one.every((item, index) => isEqual(item, other[index]))
    )
  }
  if (!isJsonObject(one) || !isJsonObject(other)) return Object.is(one, other)
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isEqual(one[key], other[key]))
  )
}

function objectSpan(text: string, start: number, members: readonly Member[]): Span {
  return { start, end: text.indexOf('}', members.at(-1)?.value.end ?? start) + 1 }
}

/** The members of the object that begins at `start`. The text has been parsed before, so that its grammar can be relied on. */
function readMembers(text: string, start: number): Member[] {
  const members: Member[] = []
  let position = skipBlanks(text, start + 1)
  while (text[position] === '"') {
    const keySpan = { start: position, end: endOfString(text, position) }
    const valueStart = skipBlanks(text, text.indexOf(':', keySpan.end) + 1)
    const value = { start: valueStart, end: endOfValue(text, valueStart) }
    members.push({ key: String(JSON.parse(text.slice(keySpan.start, keySpan.end))), keySpan, value })
    position = skipBlanks(text, value.end)
    if (text[position] === ',') position = skipBlanks(text, position + 1)
  }
  return members
}

function endOfValue(text: string, start: number): number {
  if (text[start] === '"') return endOfString(text, start)
  if (text[start] !== '{' && text[start] !== '[') return endOf(/[^\s,\]}]+/y, text, start)
  let depth = 0
  let position = start
  do {
    const character = text[position]
    if (character === '{' || character === '[') depth += 1
    if (character === '}' || character === ']') depth -= 1
    position = character === '"' ? endOfString(text, position) : position + 1
  } while (depth > 0)
  return position
}

function endOfString(text: string, start: number): number {
  let position = start + 1
  while (text[position] !== '"') position += text[position] === '\\' ? 2 : 1
  return position + 1
}

function skipBlanks(text: string, start: number): number {
  return endOf(/[ \t\n\r]*/y, text, start)
}

function endOf(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start
  pattern.exec(text)
  return pattern.lastIndex
}
