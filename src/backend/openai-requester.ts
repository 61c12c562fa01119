import { isJsonObject, isAuthError, type AuthError, type JsonObject, type Provider } from '../core/index.js'
import { readConversationId } from './conversation.js'
import { sealedContent } from './normalise-input.js'
import type { NormaliseContext } from './normalise-request.js'
import type { Finding } from './normalisation-report.js'
import { toAnswerHeaders, toRequestHeaders, type Fields } from './openai-headers.js'
import { prepareRequest } from './prepare-request.js'
import { writeJson } from './request-json.js'
import { RequestRejectedError } from './request-rejected.js'
import type { Sha256Hex } from './sha256.js'

/** What requests are made with. */
export interface RequesterOptions {
  /** One conversation for all requests. Default: what a request itself names, else each conversation is known by how it begins. */
  readonly conversationId?: string | undefined
  /** For requests that say nothing of their own, since the backend requires some. */
  readonly instructions?: string | undefined
  /** How conversations are hashed, for a platform with a faster way than Web Crypto, which is the default. */
  readonly sha256Hex?: Sha256Hex | undefined
}

/** A `POST` for an answer, as the backend takes it, but for the headers that sign it. */
export interface AnswerRequest {
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

/** A request of the public API, as its caller wrote it. */
export interface GivenRequest {
  readonly body: JsonObject
  readonly headers: Pick<Headers, 'get'>
  /** What its translation has already left out. */
  readonly dropped?: readonly Finding[] | undefined
}

/** An answer that has begun. */
export interface RequestedAnswer<Answer> {
  readonly answer: Answer
  /** The headers for whoever asked, from those of the answer. */
  readonly toHeaders: (given: Fields) => Record<string, string>
  /** To be told of what the answer itself says of its failure: the next request goes without what this one was refused for. */
  readonly noticeFailure: (failure: AuthError) => void
}

/** Makes requests for the backend of those for the public API, and has somebody else send them. */
export interface Requester {
  /**
   * @param send Throws what the backend refuses as `toUpstreamError` reads it.
   * @throws AuthError `ERR_UPSTREAM_UNSUPPORTED_FIELD`, `ERR_UPSTREAM_BAD_REQUEST`; what `send` throws
   */
  request<Answer>(
    given: GivenRequest,
    send: (request: AnswerRequest) => Promise<Answer>,
  ): Promise<RequestedAnswer<Answer>>
}

/** How many blobs of other accounts are remembered; when there are more, each is refused once more. */
const mostForeign = 1000

/** A request that is refused for reasoning of another account is made once more without it; see `normaliseRequest` for all the rest. */
export function createRequester(provider: Provider, options: RequesterOptions = {}): Requester {
  const foreign = new Set<string>()

  /** Blobs do not tell whose they are, and the refusal does not tell which it is about: all that were sent count as another account's. */
  function learnForeign(error: AuthError, sent: JsonObject): boolean {
    const blobs = isForeignReasoning(error) ? sealedBlobs(sent) : []
    if (foreign.size + blobs.length > mostForeign) foreign.clear()
    for (const blob of blobs) foreign.add(blob)
    return blobs.length > 0
  }

  /** Asks again only without the blobs that were refused, of which there are none left then. */
  async function ask<Answer>(
    given: GivenRequest,
    send: (request: AnswerRequest) => Promise<Answer>,
    context: NormaliseContext,
  ): Promise<RequestedAnswer<Answer>> {
    const prepared = await prepareRequest(provider, given.body, context)
    const { url, conversationId } = prepared
    const learn = (failure: AuthError) => learnForeign(failure, prepared.body)
    try {
      const answer = await send({
        url,
        headers: toRequestHeaders(given.headers, prepared),
        body: writeJson(prepared.body),
      })
      const dropped = given.dropped ? [...given.dropped, ...prepared.dropped] : prepared.dropped
      return {
        answer,
        toHeaders: (answered) => toAnswerHeaders(answered, dropped, provider.name),
        // Too late to ask again, since something may have been seen; the next request goes without.
        noticeFailure: learn,
      }
    } catch (error) {
      if (provider.ways || !isAuthError(error) || !learn(error)) throw error
      return ask(given, send, { ...context, conversationId, isForeignReasoning: () => true })
    }
  }

  const { instructions, sha256Hex } = options
  const isKnownForeign = (blob: string) => foreign.has(blob)
  return {
    request(given, send) {
      const conversationId = options.conversationId ?? readConversationId(given.headers)
      return ask(given, send, { conversationId, instructions, sha256Hex, isForeignReasoning: isKnownForeign })
    },
  }
}

function isForeignReasoning(error: AuthError): boolean {
  return error instanceof RequestRejectedError && error.upstreamCode === 'invalid_encrypted_content'
}

function sealedBlobs({ input }: JsonObject): string[] {
  if (!Array.isArray(input)) return []
  return input.filter(isJsonObject).flatMap((item) => sealedContent(item) ?? [])
}
