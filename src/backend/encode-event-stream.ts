import type { JsonObject } from '../core/index.js'
import type { ResponseEvent } from './response-events.js'

/** The events as the Responses API would send them. Asks for an event when its reader asks for bytes; cancelling ends the iteration. */
export function encodeEventStream(events: AsyncIterable<ResponseEvent>): ReadableStream<Uint8Array> {
  return toByteStream(events, toEventText)
}

/** An event as the Responses API writes it. */
export function toEventText({ type, data }: ResponseEvent): string {
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
}

/** The chunks as Chat Completions would send them, `[DONE]` at the end. Asks as `encodeEventStream` does. */
export function encodeChatStream(chunks: AsyncIterable<JsonObject>): ReadableStream<Uint8Array> {
  return toByteStream(chunks, toChunkText, lastChunkText)
}

/** A chunk as Chat Completions write it. */
export function toChunkText(chunk: JsonObject): string {
  return `data: ${JSON.stringify(chunk)}\n\n`
}

/** What Chat Completions end with. */
export const lastChunkText = 'data: [DONE]\n\n'

/** A failure of `source` is the failure of the stream: its reader gets the very same error. */
function toByteStream<Item>(
  source: AsyncIterable<Item>,
  encode: (item: Item) => string,
  lastText?: string,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const iterator = source[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await iterator.next()
        if (!next.done) return controller.enqueue(encoder.encode(encode(next.value)))
        if (lastText !== undefined) controller.enqueue(encoder.encode(lastText))
        controller.close()
      },
      async cancel() {
        await iterator.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
