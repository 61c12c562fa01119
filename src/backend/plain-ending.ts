import { parseJsonObject, type JsonObject } from '../core/index.js'

/** The last event of a whole answer, with its items put in. */
export interface PlainEnding {
  readonly text: string
  readonly usage: JsonObject
}

const start = 'event: response.completed\ndata: {"type":"response.completed",'
const end = '}\n\n'
const noItems = '"output":[]'
const itemStart = 'event: response.output_item.'
const usageMember = '"usage":'
/** Beside the item there are numbers alone. */
const plainItem =
  /^event: response\.output_item\.(added|done)\ndata: \{"type":"response\.output_item\.\1"((?:,"\w+":\d+)*),"item":(\{.*\})((?:,"\w+":\d+)*)\}\n\n$/
const indexMember = /"output_index":(\d+)/
/** A member after the item would stand behind this, whatever it is; so does one within the item, which is then read. */
const memberAfterObject = '},"'

/**
 * The end of an answer, when it is written as it nearly always is. It repeats the whole request, which nobody here needs to read: what is looked for
 * are a place for the items and the usage, each of which has to be there once. No text in the JSON can be taken for them, since its quotes are escaped.
 *
 * @param last The last event
 * @param kept The events before it that bring items
 * @returns `undefined` for what has to be read
 */
export function readPlainEnding(last: string, kept: readonly string[]): PlainEnding | undefined {
  if (!last.startsWith(start) || !last.endsWith(end)) return undefined
  if (last.indexOf('\n', start.length) !== last.length - 2 || !last.includes('"status":"completed"')) return undefined
  const place = onlyPlaceOf('"output"', last)
  if (place === undefined || !last.startsWith(noItems, place)) return undefined
  const usage = readUsage(last)
  const items = readItems(kept)
  if (!usage || items === undefined) return undefined
  return { text: `${last.slice(0, place)}"output":[${items}]${last.slice(place + noItems.length)}`, usage }
}

function onlyPlaceOf(member: string, text: string): number | undefined {
  const place = text.indexOf(member)
  if (place === -1 || text[place - 1] === '\\' || text.includes(member, place + 1)) return undefined
  return place
}

/** Where one object ends is told by its braces, as long as none is in a text: then what is cut out is no JSON. */
function readUsage(text: string): JsonObject | undefined {
  const place = onlyPlaceOf(usageMember, text)
  if (place === undefined) return undefined
  const first = place + usageMember.length
  let close = text.indexOf('}', first)
  for (let open = text.indexOf('{', first + 1); open !== -1 && open < close; open = text.indexOf('{', open + 1)) {
    close = text.indexOf('}', close + 1)
  }
  return parseJsonObject(text.slice(first, close + 1))
}

/** The items, each of them begun and done in its turn; `undefined` when one was not, or is not written plainly. */
function readItems(kept: readonly string[]): string | undefined {
  const items: string[] = []
  let begun = 0
  for (const text of kept) {
    if (!text.startsWith(itemStart)) continue
    const [, step, before, item = memberAfterObject, after] = plainItem.exec(text) ?? []
    const [, index] = indexMember.exec(`${before}${after}`) ?? []
    if (item.includes(memberAfterObject) || Number(index) !== (step === 'done' ? items.length : begun)) return undefined
    if (step === 'done') items.push(item)
    else begun += 1
  }
  return items.length === begun ? items.join(',') : undefined
}
