/** Tells the events that may pass as they are from those that have to be read, by their first lines. */
export interface EventSplitter {
  push(chunk: Uint8Array): void
  /** To be called when no more comes: what was held back is to be read, since it is cut off. */
  end(): void
}

/** Where the bytes go, in their order. */
export interface EventReceiver {
  /** Whole events that need not be read. */
  pass(bytes: Uint8Array): void
  /** An event that is passed too, and has to be read at the end of the answer: it brings an item, or the response without its items. */
  keep(bytes: Uint8Array): void
  /** Any other event, when it is whole and its lines end in line feeds. */
  readWhole(bytes: Uint8Array): void
  /** All other bytes, in pieces as they come: parts of events, or many. */
  read(bytes: Uint8Array): void
}

const lineFeed = 10
const carriageReturn = 13
/** One for all: to make one costs more than to read a line. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** What is to be done with an event, by its first line. */
type Kind = 'pass' | 'keep' | 'read'

/** An event of the public API that does not end the answer, by its first line, with a mere line feed at its end. */
const passingHead = /^event: response\.(?!completed|incomplete|failed)[a-z_.]+\n$/
const keptHead = /^event: response\.(?:output_item\.|created|in_progress)/

/** The events that most answers have. Their first lines are worked out once, and those of others each time they come. */
const usualEvents = [
  'output_text.delta',
  'created',
  'in_progress',
  'output_item.added',
  'content_part.added',
  'output_text.done',
  'content_part.done',
  'output_item.done',
  'function_call_arguments.delta',
  'function_call_arguments.done',
  'reasoning_summary_part.added',
  'reasoning_summary_text.delta',
  'reasoning_summary_text.done',
  'reasoning_summary_part.done',
]

/** No first line that may pass is longer. */
const headBytes = 96
/** No event that may pass is longer; one that does not end is for whoever reads to judge. */
const mostHeldBytes = 1024 * 1024

/**
 * An event may begin anywhere in a chunk and end in another. Bytes of one that may pass are held until it is whole: half an event must not be followed
 * by the word that the answer broke off.
 */
export function createEventSplitter(receiver: EventReceiver): EventSplitter {
  return new Splitter(receiver)
}

class Splitter implements EventSplitter {
  readonly #receiver: EventReceiver
  /** The first line that came last: those of a stream repeat. */
  #last: Head | undefined
  /** The beginning of an event that may pass, or that is too short to tell. */
  #held: Uint8Array[] = []
  #heldLength = 0
  /** Whether what is held is the first line of an event that may pass, and a part of its one line of data. */
  #isPlain = false
  /** Within an event that is read, whose end has not come. */
  #isReading = false
  #lastByte = 0

  constructor(receiver: EventReceiver) {
    this.#receiver = receiver
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    const plainEnd = this.#isPlain ? endOfData(chunk) : 0
    if (plainEnd > 0) {
      for (const bytes of this.#letGo()) this.#receiver.pass(bytes)
      this.#split(chunk, 0, plainEnd)
    } else this.#split(chunk, this.#goOn(chunk))
    this.#lastByte = chunk[chunk.length - 1] ?? 0
  }

  end(): void {
    this.#isReading = this.#heldLength > 0
    for (const bytes of this.#letGo()) this.#receiver.read(bytes)
  }

  /** Events that begin in this chunk. Those that pass are handed on together, as one run. @param passed What is known to pass ends there */
  #split(chunk: Uint8Array, start: number, passed = start): void {
    const view = viewOf(chunk)
    let runStart = start
    let position = passed
    while (position < chunk.length) {
      const head = headAt(chunk, view, position, this.#last)
      this.#last = head
      const runEnd = head?.kind === 'pass' ? endOfRun(chunk, view, position, head) : position
      if (runEnd > position) {
        position = runEnd
        continue
      }
      const end = endOfEvent(chunk, position)
      const bytes = chunk.subarray(position, end === -1 ? chunk.length : end)
      const fate = fateOf(bytes, head, end !== -1)
      if (fate === 'keep') this.#receiver.keep(bytes)
      if (fate !== 'keep' && fate !== 'pass') {
        this.#passRun(chunk, runStart, position)
        runStart = position + bytes.length
        this.#takeOut(bytes, fate, head)
      }
      position += bytes.length
    }
    this.#passRun(chunk, runStart, position)
  }

  #passRun(chunk: Uint8Array, start: number, end: number): void {
    if (start === end) return
    this.#receiver.pass(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end))
  }

  #takeOut(bytes: Uint8Array, fate: Exclude<Fate, 'pass' | 'keep'>, head: Head | undefined): void {
    if (fate === 'hold') {
      const isInData = head?.kind === 'pass' && bytes.length > head.length
      this.#isPlain = isInData && bytes.indexOf(lineFeed, head.length) === -1
      return this.#hold(bytes)
    }
    this.#isReading = fate === 'readOn'
    if (fate === 'readWhole') this.#receiver.readWhole(bytes)
    else this.#receiver.read(bytes)
  }

  /** The rest of an event that began in an earlier chunk. @returns the place where the next one begins */
  #goOn(chunk: Uint8Array): number {
    if (!this.#isReading && this.#heldLength === 0) return 0
    const straddles = this.#lastByte === lineFeed && chunk[0] === lineFeed
    const end = straddles ? 1 : endOfEvent(chunk, 0)
    const rest = end === -1 ? chunk : chunk.subarray(0, end)
    // What is too short to tell is looked at once more, with what follows.
    const isShort = this.#heldLength < headBytes
    if (this.#isReading) {
      this.#isReading = end === -1
      this.#receiver.read(rest)
    } else if (end === -1 && !isShort) {
      this.#isPlain &&= !rest.includes(lineFeed)
      this.#hold(rest)
    } else this.#split(join([...this.#letGo(), rest]), 0)
    return rest.length
  }

  #hold(bytes: Uint8Array): void {
    this.#held.push(bytes)
    this.#heldLength += bytes.length
    if (this.#heldLength > mostHeldBytes) this.end()
  }

  #letGo(): Uint8Array[] {
    const bytes = this.#held
    this.#held = []
    this.#heldLength = 0
    this.#isPlain = false
    return bytes
  }
}

/** What becomes of an event: `hold` and `readOn` when its end is still to come. */
type Fate = Kind | 'hold' | 'readOn' | 'readWhole'

/** JSON has no carriage return that is not escaped: somebody on the way ends lines otherwise, and where such an event ends is for the parser to say. */
function fateOf(bytes: Uint8Array, head: Head | undefined, hasEnd: boolean): Fate {
  if (bytes.includes(carriageReturn)) return hasEnd ? 'read' : 'readOn'
  if (!hasEnd) return head?.kind === 'read' ? 'readOn' : 'hold'
  return head === undefined || head.kind === 'read' ? 'readWhole' : head.kind
}

/**
 * A first line as it is looked for: eight bytes at a time, each read as a number, since that is the most that is compared at once. No letters make a
 * number that is unlike itself, or like another one.
 */
interface Head {
  readonly kind: Kind
  readonly length: number
  readonly words: Float64Array
  /** The last eight bytes, which may overlap the word before; they are compared first, since first lines differ in how they end. */
  readonly tail: number
}

const wordBytes = 8
const otherHead: Head = { kind: 'read', length: 0, words: new Float64Array(), tail: 0 }
const usualHeads = usualEvents.map((name) => toHead(new TextEncoder().encode(`event: response.${name}\n`)))

/** The first line of the event that begins there; `undefined` when it is not there yet. @param last The likeliest */
function headAt(bytes: Uint8Array, view: DataView, start: number, last: Head | undefined): Head | undefined {
  if (last && begins(view, start, last)) return last
  for (const head of usualHeads) if (begins(view, start, head)) return head
  const end = bytes.indexOf(lineFeed, start) + 1
  if (end === 0 && bytes.length - start < headBytes) return undefined
  return end === 0 || end - start > headBytes ? otherHead : toHead(bytes.subarray(start, end))
}

function toHead(line: Uint8Array): Head {
  const view = viewOf(line)
  const text = decoder.decode(line)
  if (!passingHead.test(text)) return otherHead
  const words = new Float64Array(Math.floor(line.length / wordBytes)).map((_none, index) =>
    view.getFloat64(wordBytes * index),
  )
  const tail = view.getFloat64(line.length - wordBytes)
  return { kind: keptHead.test(text) ? 'keep' : 'pass', length: line.length, words, tail }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

/**
 * Past the whole events of one line of data that begin with that first line: thousands of them, so this is the loop that counts. It never looks beyond
 * the bytes, which would be slow.
 */
function endOfRun(bytes: Uint8Array, view: DataView, start: number, head: Head): number {
  const lastByte = view.byteLength - 1
  let position = start
  while (begins(view, position, head)) {
    const at = bytes.indexOf(lineFeed, position + head.length)
    if (at === -1 || at === lastByte || view.getInt8(at + 1) !== lineFeed) break
    position = at + 2
  }
  return position
}

/** Whether that first line and more is there. */
function begins(view: DataView, start: number, { kind, length, words, tail }: Head): boolean {
  if (kind === 'read' || start + length >= view.byteLength) return false
  if (view.getFloat64(start + length - wordBytes) !== tail) return false
  for (let index = 0; index < words.length; index += 1) {
    if (view.getFloat64(start + wordBytes * index) !== words[index]) return false
  }
  return true
}

/** Past the blank line behind the line of data that ends there; 0 when it does not, or when other lines follow it. */
function endOfData(chunk: Uint8Array): number {
  const at = chunk.indexOf(lineFeed)
  return at !== -1 && chunk[at + 1] === lineFeed ? at + 2 : 0
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
