import { isJsonObject, systemClock, type AuthError, type JsonObject } from '../core/index.js'
import type { BackendSession } from './backend-request.js'
import { readConversationId } from './conversation.js'
import { sealedContent } from './normalise-input.js'
import type { NormaliseContext } from './normalise-request.js'
import type { Finding } from './normalisation-report.js'
import { toAnswerHeaders, toRequestHeaders } from './openai-headers.js'
import { prepareRequest } from './prepare-request.js'
import { writeJson } from './request-json.js'
import { RequestRejectedError } from './request-rejected.js'
import { readTimedEvents, type ResponseEvent } from './response-events.js'
import type { Sha256Hex } from './sha256.js'
import { startStreamTimers, type StreamLimits } from './stream-timers.js'
import { toUpstreamError } from './upstream-error.js'

/** How requests are asked for. */
export interface ExchangeOptions extends Omit<StreamLimits, 'signal'> {
  /** One conversation for all requests. Default: what a request itself names, else each conversation is known by how it begins. */
  readonly conversationId?: string | undefined
  /** For requests that say nothing of their own, since the backend requires some. */
  readonly instructions?: string | undefined
  /** How conversations are hashed, for a platform with a faster way than Web Crypto, which is the default. */
  readonly sha256Hex?: Sha256Hex | undefined
}

/** An answer that has begun. */
export interface ExchangeAnswer {
  readonly events: AsyncGenerator<ResponseEvent, void, undefined>
  /** For whoever asked. */
  readonly headers: Record<string, string>
}

/** Sends a Responses request, as its caller wrote it. `dropped` is what its translation has already left out. */
export type Exchange = (given: JsonObject, request: Request, dropped?: readonly Finding[]) => Promise<ExchangeAnswer>

/** How many blobs of other accounts are remembered; when there are more, each is refused once more. */
const mostForeign = 1000

/** Sends requests to the backend, each as the backend takes it. */
export function createExchange(session: BackendSession, options: ExchangeOptions): Exchange {
  const { provider } = session
  const { clock = systemClock } = options
  const foreign = new Set<string>()

  /** Blobs do not tell whose they are, and the refusal does not tell which it is about: all that were sent count as another account's. */
  function learnForeign(error: AuthError, sent: readonly string[]): boolean {
    const blobs = isForeignReasoning(error) ? sent : []
    if (foreign.size + blobs.length > mostForeign) foreign.clear()
    for (const blob of blobs) foreign.add(blob)
    return blobs.length > 0
  }

  /** Asks again only without the blobs that were refused, of which there are none left then. */
  async function ask(given: JsonObject, request: Request, context: NormaliseContext, signal: AbortSignal) {
    const prepared = await prepareRequest(provider, given, context)
    const headers = toRequestHeaders(request.headers, prepared)
    const body = writeJson(prepared.body)
    const response = await session.fetch(prepared.url, { method: 'POST', headers, body, signal })
    const blobs = sealedBlobs(prepared.body)
    if (response.ok) return { response, blobs, dropped: prepared.dropped }
    const error = await toUpstreamError(response, clock.now())
    if (provider.ways || !learnForeign(error, blobs)) throw error
    const { conversationId } = prepared
    return ask(given, request, { ...context, conversationId, isForeignReasoning: () => true }, signal)
  }

  return async (given, request, dropped = []) => {
    const timers = startStreamTimers({ ...options, signal: request.signal })
    const context = {
      conversationId: options.conversationId ?? readConversationId(request.headers),
      instructions: options.instructions,
      sha256Hex: options.sha256Hex,
      isForeignReasoning: (blob: string) => foreign.has(blob),
    }
    try {
      const asked = await ask(given, request, context, timers.signal)
      return {
        // Too late to ask again, since something may have been seen; the next request goes without.
        events: readTimedEvents(
          asked.response,
          () => timers,
          options,
          (failure) => void learnForeign(failure, asked.blobs),
        ),
        headers: {
          ...toAnswerHeaders(asked.response.headers, [...dropped, ...asked.dropped]),
          'x-planpass-provider': provider.name,
        },
      }
    } catch (error) {
      timers.stop()
      throw error
    }
  }
}

function isForeignReasoning(error: AuthError): boolean {
  return error instanceof RequestRejectedError && error.upstreamCode === 'invalid_encrypted_content'
}

function sealedBlobs({ input }: JsonObject): string[] {
  if (!Array.isArray(input)) return []
  return input.filter(isJsonObject).flatMap((item) => sealedContent(item) ?? [])
}
