/** Beside the item there are numbers alone. */
const plainEvent =
  /^event: response\.output_item\.(added|done)\ndata: \{"type":"response\.output_item\.\1"((?:,"\w+":\d+)*),"item":(\{.*\})((?:,"\w+":\d+)*)\}\n\n$/
const indexMember = /"output_index":(\d+)/
/** Where there is a member after the item, whatever it is, the text between its first and its last brace has this; so it may have within the item. */
const memberAfterObject = /\}\s*,\s*"/

/**
 * The items of an answer as they were written, one after the other with commas between them, when they are written as they nearly always are: then
 * they need not be read to be repeated.
 *
 * @param events Those that bring items
 * @returns `undefined` when one of them has to be read, or an item was not begun and done in its turn
 */
export function readPlainItems(events: readonly string[]): string | undefined {
  const items: string[] = []
  let begun = 0
  for (const event of events) {
    const [, step, before, item, after] = plainEvent.exec(event) ?? []
    const [, index] = indexMember.exec(`${before}${after}`) ?? []
    if (item === undefined || memberAfterObject.test(item)) return undefined
    if (Number(index) !== (step === 'done' ? items.length : begun)) return undefined
    if (step === 'done') items.push(item)
    else begun += 1
  }
  return items.length === begun ? items.join(',') : undefined
}
