import { readString, type JsonObject } from '../core/index.js'
import { sha256Hex } from './sha256.js'

/** The backend refuses longer ones, and hands some out itself (user reports of `string_above_max_length`). */
const maximumLength = 64

/**
 * The short forms of the call ids that are too long: the same for a call and for its output, in this request and in every later one. An id
 * is never merely cut, since two of them may begin alike.
 */
export function shortenCallIds(items: readonly JsonObject[]): ShortIds | Promise<ShortIds> {
  const ids = items.map((item) => readString(item, 'call_id') ?? '')
  const long = ids.filter((id) => id.length > maximumLength)
  return long.length === 0 ? none : shortenAll(new Set(long))
}

type ShortIds = ReadonlyMap<string, string>

const none: ShortIds = new Map()

async function shortenAll(ids: ReadonlySet<string>): Promise<ShortIds> {
  return new Map(await Promise.all([...ids].map(async (id) => [id, await shortenCallId(id)] as const)))
}

/** 192 bits of its SHA-256. */
async function shortenCallId(id: string): Promise<string> {
  return `call_${(await sha256Hex(id)).slice(0, 48)}`
}
