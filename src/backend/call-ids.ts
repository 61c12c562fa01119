import { readString, type JsonObject } from '../core/index.js'
import { sha256Hex } from './sha256.js'

/** The backend refuses longer ones, and hands some out itself (user reports of `string_above_max_length`). */
const maximumLength = 64

/**
 * The short forms of the call ids that are too long: the same for a call and for its output, in this request and in every later one. An id
 * is never merely cut, since two of them may begin alike.
 */
export async function shortenCallIds(items: readonly JsonObject[]): Promise<ReadonlyMap<string, string>> {
  const ids = items.map((item) => readString(item, 'call_id') ?? '')
  const long = new Set(ids.filter((id) => id.length > maximumLength))
  if (long.size === 0) return new Map()
  return new Map(await Promise.all([...long].map(async (id) => [id, await shortenCallId(id)] as const)))
}

/** 192 bits of its SHA-256. */
async function shortenCallId(id: string): Promise<string> {
  return `call_${(await sha256Hex(id)).slice(0, 48)}`
}
