import { createEventParser, type ServerEvent } from './event-parser.js'

export type { ServerEvent } from './event-parser.js'

/** How an event stream is read. */
export interface EventStreamOptions {
  /** What one event may hold, so that a server which ends no line cannot fill the memory; default 64 MiB. */
  readonly maximumEventBytes?: number | undefined
}

/**
 * Reads a server-sent event stream (WHATWG HTML 9.2.6): any line ending, comments, characters split over chunks, a byte order mark. Unlike a
 * browser it also yields a last event that lacks its blank line, since some proxies cut it off.
 *
 * Reads a chunk when everything before it has been taken. Ending the iteration early cancels the body.
 *
 * @throws AuthError `ERR_UPSTREAM_BAD_RESPONSE` for an event beyond `maximumEventBytes`; what the body throws
 */
export async function* readEventStream(
  body: ReadableStream<Uint8Array>,
  { maximumEventBytes }: EventStreamOptions = {},
): AsyncGenerator<ServerEvent, void, undefined> {
  const parser = createEventParser(maximumEventBytes)
  for await (const chunk of readChunks(body)) yield* parser.push(chunk)
  const last = parser.end()
  if (last) yield last
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
