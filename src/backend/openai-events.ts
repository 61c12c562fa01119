import type { ResponseEvent } from './response-events.js'
import { createResponseReducer } from './response-reducer.js'

/**
 * The events as the public API would send them, since its clients give up on any other: none of the backend's own (`codex.rate_limits`), and a
 * last one that repeats every item, which the backend leaves out (openai/openai-python#3312).
 */
export async function* toPublicEvents(
  events: AsyncIterable<ResponseEvent>,
): AsyncGenerator<ResponseEvent, void, undefined> {
  const reducer = createResponseReducer()
  for await (const event of events) {
    if (!event.type.startsWith('response.')) continue
    reducer.add(event)
    const response = reducer.result()
    yield response ? { ...event, data: { ...event.data, response } } : event
  }
}
