import type { ResponseEvent } from './response-events.js'

/** The events as a `text/event-stream`, one chunk an event and none before it is asked for. */
export function eventStreamResponse(events: readonly ResponseEvent[], headers: Record<string, string>): Response {
  const encoder = new TextEncoder()
  const remaining = events.values()
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = remaining.next()
      if (next.done === true) controller.close()
      else controller.enqueue(encoder.encode(`event: ${next.value.type}\ndata: ${JSON.stringify(next.value)}\n\n`))
    },
  })
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', ...headers },
  })
}
