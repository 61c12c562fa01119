import { AuthError } from '../core/index.js'

/** One event of a server-sent event stream. */
export interface ServerEvent {
  readonly event: string
  readonly data: string
  /** The stream ended before the blank line that ends an event: what is there may be whole, or cut. */
  readonly isUnterminated?: true
}

/** Takes the bytes of a stream as they come, and gives the events that they complete. */
export interface EventParser {
  push(bytes: Uint8Array): ServerEvent[]
  /** What the stream left unfinished: one event or none. */
  end(): ServerEvent[]
}

/** Sixty-four mebibytes: more than an image comes to, and less than a server that ends no line can do harm with. */
const defaultEventBytes = 64 * 1024 * 1024

const lineFeed = 10
const carriageReturn = 13

/**
 * A parser of WHATWG HTML 9.2.6. It decodes whole lines only, so no character is ever cut in two, and it looks at each byte once, so an event
 * costs the same in however many pieces it comes.
 *
 * @param maximumBytes What one event may hold. @throws AuthError `ERR_UPSTREAM_BAD_RESPONSE` from `push` beyond it
 */
export function createEventParser(maximumBytes: number = defaultEventBytes): EventParser {
  const held = new ByteBuffer()
  const collector = createEventCollector(maximumBytes)
  let endedWithReturn = false
  let hasBegun = false

  function decode(bytes: Uint8Array): string {
    const text = decoder.decode(bytes)
    const isMarked = !hasBegun && text.startsWith('\uFEFF')
    hasBegun = true
    return isMarked ? text.slice(1) : text
  }

  return {
    push(chunk) {
      if (chunk.length === 0) return []
      // The second half of CR LF, of which the first has ended the line already.
      const bytes = endedWithReturn && chunk[0] === lineFeed ? chunk.subarray(1) : chunk
      endedWithReturn = chunk.at(-1) === carriageReturn
      const end = endOfLastLine(bytes)
      if (held.length + bytes.length - end > maximumBytes) throw tooLong(maximumBytes)
      if (end === 0) {
        held.append(bytes)
        return []
      }
      const lines = held.length === 0 ? bytes.subarray(0, end) : held.takeWith(bytes.subarray(0, end))
      held.append(bytes.subarray(end))
      return collector.read(decode(lines))
    },
    end() {
      return collector.end(held.length > 0 ? decode(held.takeWith(noBytes)) : '')
    },
  }
}

/** Each text is decoded for itself, which engines do much faster than a stream; a mark is taken off by hand, where the stream begins. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const noBytes = new Uint8Array(0)

/** The place after the last line end, 0 when there is none. */
function endOfLastLine(bytes: Uint8Array): number {
  const afterFeed = bytes.lastIndexOf(lineFeed) + 1
  return afterFeed + bytes.subarray(afterFeed).lastIndexOf(carriageReturn) + 1
}

/** Takes texts of whole lines, and puts their fields together. */
function createEventCollector(maximumBytes: number) {
  let event = ''
  let data: string | undefined

  function readLine(text: string, start: number, end: number): void {
    const name = readField(text, start, end, 'event')
    if (name !== undefined) {
      event = name
      return
    }
    const value = readField(text, start, end, 'data')
    if (value === undefined) return
    data = data === undefined ? value : `${data}\n${value}`
    if (data.length > maximumBytes) throw tooLong(maximumBytes)
  }

  function complete(): ServerEvent | undefined {
    const completed = data === undefined ? undefined : { event: event || 'message', data }
    event = ''
    data = undefined
    return completed
  }

  return {
    read(text: string): ServerEvent[] {
      const lines = text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text
      const events: ServerEvent[] = []
      for (let start = 0, end = 0; start < lines.length; start = end + 1) {
        end = lines.indexOf('\n', start)
        if (end > start) readLine(lines, start, end)
        const completed = end === start ? complete() : undefined
        if (completed) events.push(completed)
      }
      return events
    },
    end(lastLine: string): ServerEvent[] {
      readLine(lastLine, 0, lastLine.length)
      const completed = complete()
      return completed ? [{ ...completed, isUnterminated: true }] : []
    },
  }
}

const colon = 58
const space = 32

/** What the line says if it is about the field. A name alone is a field without a value, and the space after a colon does not count. */
function readField(text: string, start: number, end: number, field: string): string | undefined {
  if (!text.startsWith(field, start)) return undefined
  const at = start + field.length
  if (at === end) return ''
  if (text.charCodeAt(at) !== colon) return undefined
  return text.slice(text.charCodeAt(at + 1) === space ? at + 2 : at + 1, end)
}

/** Bytes that wait for their line to end. They grow by doubling, so that appending byte after byte stays linear. */
class ByteBuffer {
  #bytes: Uint8Array = noBytes
  length = 0

  append(added: Uint8Array): void {
    const { length } = this
    if (length + added.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bytes.length, length + added.length))
      grown.set(this.#bytes.subarray(0, length))
      this.#bytes = grown
    }
    this.#bytes.set(added, length)
    this.length += added.length
  }

  /** Everything, with `last` at its end; the buffer is empty afterwards. */
  takeWith(last: Uint8Array): Uint8Array {
    this.append(last)
    const taken = this.#bytes.subarray(0, this.length)
    this.#bytes = noBytes
    this.length = 0
    return taken
  }
}

function tooLong(maximumBytes: number): AuthError {
  return new AuthError(
    'ERR_UPSTREAM_BAD_RESPONSE',
    `The answer holds an event of more than ${maximumBytes} bytes, which is not read.`,
  )
}
