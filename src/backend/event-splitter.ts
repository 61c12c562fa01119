/** Tells the events that may pass as they are from those that have to be read, by their first lines. */
export interface EventSplitter {
  push(chunk: Uint8Array): void
  /** To be called when no more comes: what was held back is to be read, since it is cut off. */
  end(): void
}

/** Where the bytes go, in their order. */
export interface EventSplitterOptions {
  /** Whole events that need not be read. */
  readonly pass: (bytes: Uint8Array) => void
  /** An event that is passed too, and has to be read at the end of the answer: it brings an item, or the response without its items. */
  readonly keep: (bytes: Uint8Array) => void
  /** All other bytes, in pieces as they come: parts of events, or many. */
  readonly read: (bytes: Uint8Array) => void
}

const lineFeed = 10
const carriageReturn = 13
/** One for all: to make one costs more than to read a line. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** An event of the public API that does not end the answer, by its first line, with a mere line feed at its end. */
const passingHead = /^event: response\.(?!completed|incomplete|failed)[a-z_.]+\n$/
const keptHead = /^event: response\.(?:output_item\.|created|in_progress)/
/** No first line that may pass is longer. */
const headBytes = 96
/** No event that may pass is longer; one that does not end is for whoever reads to judge. */
const mostHeldBytes = 1024 * 1024

/**
 * An event may begin anywhere in a chunk and end in another. Bytes of one that may pass are held until it is whole: half an event must not be followed
 * by the word that the answer broke off.
 */
export function createEventSplitter({ pass, keep, read }: EventSplitterOptions): EventSplitter {
  /** The first line that passed last: those of a stream repeat. */
  let last: Head | undefined
  /** The beginning of an event that may pass, or that is too short to tell. */
  let held: Uint8Array[] = []
  let heldLength = 0
  /** Within an event that is read, whose end has not come. */
  let isReading = false
  let lastByte = 0

  function hold(bytes: Uint8Array): void {
    held.push(bytes)
    heldLength += bytes.length
    if (heldLength > mostHeldBytes) readHeld()
  }

  function readHeld(): void {
    isReading = heldLength > 0
    for (const bytes of letGo()) read(bytes)
  }

  function letGo(): Uint8Array[] {
    const bytes = held
    held = []
    heldLength = 0
    return bytes
  }

  /** The rest of an event that began in an earlier chunk. @returns the place where the next one begins */
  function goOn(chunk: Uint8Array): number {
    if (!isReading && heldLength === 0) return 0
    const straddles = lastByte === lineFeed && chunk[0] === lineFeed
    const end = straddles ? 1 : endOfEvent(chunk, 0)
    const rest = end === -1 ? chunk : chunk.subarray(0, end)
    if (isReading) read(rest)
    else if (end === -1) hold(rest)
    else split(join([...letGo(), rest]), 0)
    if (end !== -1) isReading = false
    return rest.length
  }

  /** Events that begin in this chunk. */
  function split(chunk: Uint8Array, start: number): void {
    let runStart = start
    let position = start
    const endRun = (end: number) => {
      if (end > runStart) pass(chunk.subarray(runStart, end))
    }
    while (position < chunk.length) {
      if (last) position = endOfRun(chunk, position, last)
      if (position === chunk.length) break
      const kind = kindOf(chunk, position)
      const end = endOfEvent(chunk, position)
      const bytes = chunk.subarray(position, end === -1 ? chunk.length : end)
      // JSON has none that is not escaped: somebody on the way ends lines otherwise, and where this event ends is for the parser to say.
      const isMixed = bytes.includes(carriageReturn)
      position += bytes.length
      if (kind === 'pass' && end !== -1 && !isMixed) {
        last = toHead(bytes.subarray(0, bytes.indexOf(lineFeed) + 1))
        continue
      }
      if (kind === 'keep' && end !== -1 && !isMixed) {
        keep(bytes)
        continue
      }
      endRun(position - bytes.length)
      runStart = position
      if (kind !== 'read' && !isMixed) hold(bytes)
      else {
        isReading = end === -1
        read(bytes)
      }
    }
    endRun(position)
  }

  return {
    push(given) {
      if (given.length === 0) return
      // What is too short to tell is looked at once more, with what follows.
      const isShort = heldLength > 0 && heldLength < headBytes
      const chunk = isShort ? join([...letGo(), given]) : given
      split(chunk, isShort ? 0 : goOn(chunk))
      lastByte = given[given.length - 1] ?? 0
    },
    end: readHeld,
  }
}

/** What is to be done with the event that begins there; `short` when its first line is not there yet. */
function kindOf(bytes: Uint8Array, start: number): 'pass' | 'keep' | 'read' | 'short' {
  const end = bytes.indexOf(lineFeed, start) + 1
  if (end === 0) return bytes.length - start < headBytes ? 'short' : 'read'
  const head = decoder.decode(bytes.subarray(start, Math.min(end, start + headBytes)))
  if (!passingHead.test(head)) return 'read'
  return keptHead.test(head) ? 'keep' : 'pass'
}

/** A first line as it is looked for: four bytes at a time, the last four of which may overlap. */
interface Head {
  readonly length: number
  readonly words: readonly { readonly offset: number; readonly value: number }[]
}

function toHead(line: Uint8Array): Head {
  const view = viewOf(line)
  const offsets = Array.from({ length: Math.ceil(line.length / 4) }, (_none, index) =>
    Math.min(4 * index, line.length - 4),
  )
  // Those at the end come first: first lines differ in how they end.
  const words = offsets.toReversed().map((offset) => ({ offset, value: view.getInt32(offset) }))
  return { length: line.length, words }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

/**
 * Past the whole events of one line of data that begin with that first line: thousands of them, so this is the loop that counts. It never looks beyond
 * the bytes, which would be slow.
 */
function endOfRun(bytes: Uint8Array, start: number, head: Head): number {
  const view = viewOf(bytes)
  const headLength = head.length
  const lastByte = view.byteLength - 1
  let position = start
  while (position + headLength < lastByte && begins(view, position, head.words)) {
    const at = bytes.indexOf(lineFeed, position + headLength)
    if (at === -1 || at === lastByte || view.getInt8(at + 1) !== lineFeed) break
    position = at + 2
  }
  return position
}

function begins(view: DataView, start: number, words: Head['words']): boolean {
  for (const { offset, value } of words) {
    if (view.getInt32(start + offset) !== value) return false
  }
  return true
}

/** Past the blank line that ends the event, or -1. */
function endOfEvent(bytes: Uint8Array, start: number): number {
  const lastStart = bytes.length - 1
  for (let at = bytes.indexOf(lineFeed, start); at !== -1 && at < lastStart; at = bytes.indexOf(lineFeed, at + 1)) {
    if (bytes[at + 1] === lineFeed) return at + 2
  }
  return -1
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let length = 0
  for (const part of parts) {
    joined.set(part, length)
    length += part.length
  }
  return joined
}
