/**
 * Lets most of a stream's bytes by. An answer has thousands of events that nobody here looks into; each would be parsed, written again and sent
 * by itself. `divert` takes them out before the events are read and leaves a mark in their place, `restore` puts their bytes where the mark
 * comes out. What decides about an answer is read as ever: its items, its end, its failures, and whatever is not of the public API.
 */
export interface EventRelay {
  /** What is left of the bytes for whoever reads the events. May be nothing yet. */
  divert(chunk: Uint8Array): Uint8Array
  /** What was held back when there is no more. */
  rest(): Uint8Array
  /** For whoever sends them. */
  restore(chunk: Uint8Array): Uint8Array
}

const markType = 'response.relayed'
const markStart = Buffer.from(`event: ${markType}\n`)
const blankLine = Buffer.from('\n\n')

/** The events that are read: those that make up the whole answer, and those that end it. */
const readTypes = ['response.output_item.', 'response.completed', 'response.incomplete', 'response.failed']
const typeStart = 'event: response.'
/** The first line of an event is no longer. */
const headBytes = 80
/** No event that is let by is longer; one that does not end is somebody else's to judge. */
const mostHeldBytes = 1024 * 1024

export function createEventRelay(): EventRelay {
  const runs = new Map<number, Uint8Array>()
  let count = 0

  function mark(run: Uint8Array): Uint8Array {
    runs.set((count += 1), run)
    return Buffer.from(`event: ${markType}\ndata: {"type":"${markType}","run":${count}}\n\n`)
  }

  function restore(chunk: Uint8Array): Uint8Array {
    const bytes = toBuffer(chunk)
    const parts: Uint8Array[] = []
    let from = 0
    for (let at = bytes.indexOf(markStart); at !== -1; at = bytes.indexOf(markStart, from)) {
      const end = bytes.indexOf(blankLine, at) + blankLine.length
      const run = Number(/"run":(\d+)/.exec(bytes.toString('latin1', at, end))?.[1])
      parts.push(bytes.subarray(from, at), runs.get(run) ?? new Uint8Array())
      runs.delete(run)
      from = end
    }
    return from === 0 ? chunk : Buffer.concat([...parts, bytes.subarray(from)])
  }

  const splitter = createSplitter(mark)
  return { divert: (chunk) => splitter.push(chunk), rest: () => splitter.rest(), restore }
}

/** Tells the events that are let by from the bytes that are passed on. */
function createSplitter(mark: (run: Uint8Array) => Uint8Array) {
  let held = Buffer.alloc(0)
  /** Within an event that is passed on: its end has not come yet. */
  let isPassing = false

  function letGo(): Uint8Array {
    const rest = held
    isPassing = rest.length > 0
    held = Buffer.alloc(0)
    return rest
  }

  return {
    /** @returns what is passed on, marks in the place of what is not */
    push(chunk: Uint8Array): Uint8Array {
      const bytes = held.length === 0 ? toBuffer(chunk) : Buffer.concat([held, chunk])
      const passed: Uint8Array[] = []
      let runStart = 0
      let position = 0
      const endRun = () => {
        if (position > runStart) passed.push(mark(bytes.subarray(runStart, position)))
      }
      while (position < bytes.length) {
        const end = endOfEvent(bytes, position)
        const isLetBy = !isPassing && mayBeLetBy(bytes, position)
        if (end === -1 && !isPassing && (isLetBy || bytes.length - position < headBytes)) break
        if (!isLetBy) {
          endRun()
          const stop = end === -1 ? bytes.length : end
          passed.push(bytes.subarray(position, stop))
          isPassing = end === -1
          runStart = stop
        }
        position = end === -1 ? bytes.length : end
      }
      endRun()
      held = Buffer.from(bytes.subarray(position))
      if (held.length > mostHeldBytes) passed.push(letGo())
      return passed.length === 1 && passed[0] ? passed[0] : Buffer.concat(passed)
    },
    rest: letGo,
  }
}

/** Past the blank line that ends the event, or -1. */
function endOfEvent(bytes: Buffer, start: number): number {
  const at = bytes.indexOf(blankLine, start)
  return at === -1 ? -1 : at + blankLine.length
}

/** By its first line alone, which has to name its type and to end with a mere line feed, as the events of the backend do. */
function mayBeLetBy(bytes: Buffer, start: number): boolean {
  const head = bytes.toString('latin1', start, start + headBytes)
  const end = head.indexOf('\n')
  if (end === -1 || head[end - 1] === '\r' || !head.startsWith(typeStart)) return false
  return !readTypes.some((type) => head.startsWith(type, typeStart.length - 'response.'.length))
}

function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
