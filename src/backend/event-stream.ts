/** One event of a server-sent event stream. */
export interface ServerEvent {
  readonly event: string
  readonly data: string
  /** The stream ended before the blank line that ends an event: what is there may be whole, or cut. */
  readonly isUnterminated?: true
}

const lineEnd = /\r\n|\n|\r/

/**
 * Reads a server-sent event stream (WHATWG HTML 9.2.6): any line ending, comments, characters split over chunks, a byte order mark. Unlike a
 * browser it also yields a last event that lacks its blank line, since some proxies cut it off.
 *
 * Ending the iteration early cancels the body.
 */
export async function* readEventStream(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void, undefined> {
  const collect = createEventCollector()
  for await (const line of readLines(body)) {
    const event = collect(line)
    if (event) yield event
  }
  const last = collect('')
  if (last) yield { ...last, isUnterminated: true }
}

/** Takes line by line; returns an event when a blank line completes one. */
function createEventCollector(): (line: string) => ServerEvent | undefined {
  let event = 'message'
  let data: string[] = []

  function complete(): ServerEvent | undefined {
    const completed = data.length > 0 ? { event, data: data.join('\n') } : undefined
    event = 'message'
    data = []
    return completed
  }

  return (line) => {
    if (line === '') return complete()
    const { field, value } = splitField(line)
    if (field === 'data') data.push(value)
    if (field === 'event') event = value
    return undefined
  }
}

/** A line that starts with a colon is a comment: its field is empty. */
function splitField(line: string): { field: string; value: string } {
  const colon = line.indexOf(':')
  if (colon === -1) return { field: line, value: '' }
  const value = line.slice(colon + 1)
  return { field: line.slice(0, colon), value: value.startsWith(' ') ? value.slice(1) : value }
}

async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of readChunks(body)) {
    rest += decoder.decode(chunk, { stream: true })
    // A carriage return at the very end may be the first half of CR LF.
    const held = rest.endsWith('\r') ? '\r' : ''
    const lines = rest.slice(0, rest.length - held.length).split(lineEnd)
    rest = (lines.pop() ?? '') + held
    yield* lines
  }
  rest += decoder.decode()
  if (rest !== '') yield* rest.split(lineEnd)
}

/** Not every runtime can iterate a stream. */
async function* readChunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    // Not waited for: it would take for ever when whoever fetched keeps a clone of the answer.
    void reader.cancel().catch(() => undefined)
  }
}
