import type { JsonObject } from '../core/index.js'
import { visitItems } from './pull-items.js'
import { streamCut, type ResponseEvent } from './response-events.js'
import { createResponseReducer } from './response-reducer.js'

/**
 * The whole response of a stream, for callers who do not read along. Its `output` is what the items of the stream say when the last event
 * repeats none.
 *
 * @throws AuthError `ERR_UPSTREAM_STREAM_CUT` when the last event never comes; what `events` throws
 */
export async function collectResponse(events: AsyncIterable<ResponseEvent>): Promise<JsonObject> {
  const reducer = createResponseReducer()
  await visitItems(events, reducer.add)
  const response = reducer.result()
  if (!response) throw streamCut()
  return response
}
