import { isJsonObject, readString, type JsonObject, type JsonValue } from '../core/index.js'
import { shortenCallIds } from './call-ids.js'
import type { ReportWriter } from './normalisation-report.js'
import { badRequest, unsupportedField } from './request-error.js'

/** The conversation as the backend takes it. */
export interface NormalisedInput {
  readonly items: JsonObject[]
  /** The texts of the system messages it began with. */
  readonly instructions: readonly string[]
}

/** An item, and its place in the request that was given. */
interface Placed {
  readonly item: JsonObject
  readonly index: number
}

/**
 * The items of a conversation, each of which can stand without anything that the backend keeps (protocol 9.5: it keeps nothing).
 *
 * @param isForeign Whether a blob of encrypted reasoning is known to be another account's.
 * @throws AuthError `ERR_UPSTREAM_BAD_REQUEST`; `ERR_UPSTREAM_UNSUPPORTED_FIELD` for an answer to a call that is only referred to
 */
export async function normaliseInput(
  input: JsonValue | undefined,
  report: ReportWriter,
  isForeign: (encryptedContent: string) => boolean,
): Promise<NormalisedInput> {
  const given = readItems(input, report)
  const kept = given.filter((placed) => isWhole(placed, report, isForeign))
  if (given.some(({ item }) => isReference(item))) rejectLostCalls(kept)
  const { lifted, rest } = liftInstructions(kept, report)
  const callIds = await shortenCallIds(rest.map(({ item }) => item))
  return {
    items: rest.map((placed) => normaliseItem(placed, callIds, report)),
    instructions: lifted,
  }
}

function readItems(input: JsonValue | undefined, report: ReportWriter): Placed[] {
  if (typeof input === 'string') {
    report.change('A text becomes a list with one message of the user.', 'input')
    return [{ item: userMessage(input), index: 0 }]
  }
  if (!Array.isArray(input)) throw badRequest('input', 'it is neither a text nor a list.')
  return input.map((item, index) => {
    if (!isJsonObject(item)) throw badRequest(`input[${index}]`, 'it is not a JSON object.')
    if (!typeOf(item) && !item['id']) throw badRequest(`input[${index}]`, 'it has neither a type nor a role.')
    return { item, index }
  })
}

function userMessage(text: string): JsonObject {
  return { type: 'message', role: 'user', content: [{ type: 'input_text', text }] }
}

/** Messages may come without a type, references too. */
function typeOf(item: JsonObject): string | undefined {
  return readString(item, 'type') || (readString(item, 'role') === undefined ? undefined : 'message')
}

function isReference(item: JsonObject): boolean {
  return typeOf(item) === undefined || typeOf(item) === 'item_reference'
}

/** Sealed by the backend for one account; of no use to anybody without the blob. */
const sealedTypes: ReadonlySet<string | undefined> = new Set(['reasoning', 'compaction'])

/** What is sealed in an item; nothing where the item itself is readable. */
export function sealedContent(item: JsonObject): string | undefined {
  return sealedTypes.has(typeOf(item)) ? readString(item, 'encrypted_content') : undefined
}

function isWhole({ item, index }: Placed, report: ReportWriter, isForeign: (blob: string) => boolean): boolean {
  const reason = incompleteBecause(item, isForeign)
  if (reason !== undefined) report.drop(reason, 'input', index)
  return reason === undefined
}

/** An item is dropped whole: reasoning without its blob only moves the refusal to the next item (openai/codex#25290). */
function incompleteBecause(item: JsonObject, isForeign: (blob: string) => boolean): string | undefined {
  if (isReference(item)) return 'The backend keeps no items to refer to.'
  if (!sealedTypes.has(typeOf(item))) return undefined
  const blob = sealedContent(item)
  if (!blob) return 'It is known by its id alone, and the backend keeps no items.'
  return isForeign(blob) ? 'It is encrypted for another account.' : undefined
}

/** With a reference its call is gone, and an answer without its call would be refused in words that explain nothing. */
function rejectLostCalls(kept: readonly Placed[]): void {
  const calls = new Set(kept.filter(({ item }) => !isOutput(item)).map(({ item }) => readString(item, 'call_id')))
  const orphan = kept.find(({ item }) => isOutput(item) && !calls.has(readString(item, 'call_id')))
  if (!orphan) return
  throw unsupportedField(`input[${orphan.index}]`, 'it answers a call that is only referred to; send the call itself.')
}

function isOutput(item: JsonObject): boolean {
  return typeOf(item)?.endsWith('_call_output') ?? false
}

/** The backend takes system text as `instructions` alone; what is not text, and the only message there is, stay where they are. */
function liftInstructions(items: readonly Placed[], report: ReportWriter): { lifted: string[]; rest: Placed[] } {
  const lifted: string[] = []
  for (const { item, index } of items.slice(0, -1)) {
    const text = isSystemMessage(item) ? readMessageText(item) : undefined
    if (text === undefined) break
    report.change('It becomes part of the instructions.', 'input', index)
    lifted.push(text)
  }
  return { lifted, rest: items.slice(lifted.length) }
}

function isSystemMessage(item: JsonObject): boolean {
  const role = readString(item, 'role')
  return typeOf(item) === 'message' && (role === 'system' || role === 'developer')
}

/** `undefined` when there is anything but text in it. */
function readMessageText({ content }: JsonObject): string | undefined {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return undefined
  const texts = content.map((part) => (isJsonObject(part) && isTextPart(part) ? readString(part, 'text') : undefined))
  return texts.every((text) => text !== undefined) ? texts.join('\n') : undefined
}

function isTextPart(part: JsonObject): boolean {
  return part['type'] === 'input_text' || part['type'] === 'text' || part['type'] === 'output_text'
}

function normaliseItem(placed: Placed, callIds: ReadonlyMap<string, string>, report: ReportWriter): JsonObject {
  const { index } = placed
  const item = { ...placed.item }
  if (item['id'] !== undefined) {
    report.drop('The backend keeps no items, so their ids mean nothing to it.', 'input', index, 'id')
    delete item['id']
  }
  if (isSystemMessage(item) && item['role'] === 'system') {
    report.change('The backend takes no system messages.', 'input', index, 'role')
    item['role'] = 'developer'
  }
  const callId = callIds.get(readString(item, 'call_id') ?? '')
  if (callId !== undefined) {
    report.change('The backend takes call ids of up to 64 characters.', 'input', index, 'call_id')
    item['call_id'] = callId
  }
  if (typeOf(item) === 'reasoning' && item['summary'] === undefined) {
    report.change('Reasoning has a summary, if an empty one.', 'input', index, 'summary')
    item['summary'] = []
  }
  return item
}
