import { systemClock, type JsonObject } from '../core/index.js'
import type { BackendSession } from './backend-request.js'
import type { Finding } from './normalisation-report.js'
import { createRequester, type RequesterOptions } from './openai-requester.js'
import { readTimedEvents, type ResponseEvent } from './response-events.js'
import { startStreamTimers, type StreamLimits } from './stream-timers.js'
import { toUpstreamError } from './upstream-error.js'

/** How requests are asked for. */
export interface ExchangeOptions extends RequesterOptions, Omit<StreamLimits, 'signal'> {}

/** An answer that has begun. */
export interface ExchangeAnswer {
  readonly events: AsyncGenerator<ResponseEvent, void, undefined>
  /** For whoever asked. */
  readonly headers: Record<string, string>
}

/** Sends a Responses request, as its caller wrote it. `dropped` is what its translation has already left out. */
export type Exchange = (given: JsonObject, request: Request, dropped?: readonly Finding[]) => Promise<ExchangeAnswer>

/** Sends requests to the backend, each as the backend takes it. */
export function createExchange(session: BackendSession, options: ExchangeOptions): Exchange {
  const { clock = systemClock } = options
  const requester = createRequester(session.provider, options)

  return async (body, { headers: given, signal }, dropped = []) => {
    const timers = startStreamTimers({ ...options, signal })
    try {
      const asked = await requester.request({ body, headers: given, dropped }, async ({ url, ...request }) => {
        const response = await session.fetch(url, { method: 'POST', ...request, signal: timers.signal })
        if (!response.ok) throw await toUpstreamError(response, clock.now())
        return response
      })
      return {
        events: readTimedEvents(asked.answer, () => timers, options, asked.noticeFailure),
        headers: asked.toHeaders(asked.answer.headers),
      }
    } catch (error) {
      timers.stop()
      throw error
    }
  }
}
