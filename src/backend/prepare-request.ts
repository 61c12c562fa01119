import type { JsonObject, Provider } from '../core/index.js'
import { conversationHeaders } from './conversation.js'
import { normaliseBody, type NormaliseContext } from './normalise-request.js'
import type { Finding } from './normalisation-report.js'
import { unsupportedField } from './request-error.js'

/** A request for an answer, ready to be sent but for what the caller adds. */
export interface PreparedRequest {
  readonly url: string
  readonly body: JsonObject
  /** Beside the content types. */
  readonly headers: Record<string, string>
  readonly dropped: readonly Finding[]
  /** For a second try of the same request; absent where a provider knows no conversations. */
  readonly conversationId?: string
}

/**
 * A request as the provider's backend takes it: by the provider's own rules where it has some, else as the Codex backend does (protocol 9.5).
 *
 * @throws AuthError `ERR_UPSTREAM_UNSUPPORTED_FIELD`, `ERR_UPSTREAM_BAD_REQUEST`, both of them a `RequestError`
 */
export async function prepareRequest(
  { ways, backendUrl }: Provider,
  given: JsonObject,
  context: NormaliseContext,
): Promise<PreparedRequest> {
  if (ways) {
    const { body, dropped, refused } = ways.shape(given)
    const [first] = refused
    if (first) throw unsupportedField(first.path, first.reason)
    return { url: backendUrl + ways.paths.responses, body, headers: {}, dropped }
  }
  const { body, conversationId, report } = await normaliseBody(given, context)
  const url = `${backendUrl}/codex/responses`
  return { url, body, headers: conversationHeaders(conversationId), dropped: report.dropped, conversationId }
}
