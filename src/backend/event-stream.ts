import { createEventParser, type ServerEvent } from './event-parser.js'
import { pullItems } from './pull-items.js'

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
export function readEventStream(
  body: ReadableStream<Uint8Array>,
  { maximumEventBytes }: EventStreamOptions = {},
): AsyncGenerator<ServerEvent, void, undefined> {
  const parser = createEventParser(maximumEventBytes)
  const reader = body.getReader()
  let atHand: readonly ServerEvent[] = []
  let taken = 0
  let hasEnded = false

  async function fill(): Promise<void> {
    const { done, value } = await reader.read()
    hasEnded = done
    atHand = value ? parser.push(value) : parser.end()
    taken = 0
  }

  return pullItems({
    fill,
    take: () => atHand[taken++],
    isOver: () => hasEnded && taken >= atHand.length,
    // Not waited for: it would take for ever when whoever fetched keeps a clone of the answer.
    release: () => void reader.cancel().catch(() => undefined),
  })
}
