import { AuthError } from './errors.js'
import { parseJsonObject, readObject, readString } from './json.js'
import { readText } from './network-failure.js'
import { toOneSafeLine } from './to-one-safe-line.js'

/** What a failed answer says of itself, in fields that are safe to show. */
export interface FailedResponse {
  readonly status: number
  /** The body's own error code: `error` if a string, else `error.code`, else top-level `code`; lower case (protocol 5.4). */
  readonly code?: string
  /** `error.type`, lower case. */
  readonly type?: string
  /** The server's words for a person, cut to a line and with anything that looks like a token removed. */
  readonly detail?: string
  readonly body: string
  readonly retryAfterMs?: number
  readonly requestId?: string
}

const maximumBodyCharacters = 64 * 1024

/**
 * Reads a failed answer, whatever its shape.
 *
 * @throws AuthError `ERR_UPSTREAM_EDGE_BLOCKED` for a page of the network edge, which says nothing about the sign-in; `ERR_NETWORK_*` when
 *   it breaks off, since what it wanted to say is unknown then
 */
export async function readFailedResponse(response: Response): Promise<FailedResponse> {
  const body = (await readText(response)).slice(0, maximumBodyCharacters)
  rejectEdgeBlock(response, body)
  const json = parseJsonObject(body)
  const error = readObject(json, 'error')
  const code = readString(json, 'error') ?? readString(error, 'code') ?? readString(json, 'code')
  const type = readString(error, 'type')
  const detail =
    readString(json, 'error_description') ||
    readString(error, 'message') ||
    readString(json, 'detail') ||
    readString(json, 'error') ||
    (json ? undefined : body.trim())
  const retryAfterMs = readRetryAfter(response)
  const requestId = readRequestId(response)
  return {
    status: response.status,
    ...(code !== undefined && { code: toOneSafeLine(code).toLowerCase() }),
    ...(type !== undefined && { type: toOneSafeLine(type).toLowerCase() }),
    ...(detail && { detail: toOneSafeLine(detail) }),
    body,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(requestId !== undefined && { requestId }),
  }
}

/** Says that the server refused, in its own words when it has any. */
export function describeFailure(failed: FailedResponse): string {
  const detail = failed.detail ?? failed.code
  return detail === undefined ? `status ${failed.status}` : `status ${failed.status}: ${detail}`
}

function rejectEdgeBlock(response: Response, body: string): void {
  const isChallenge = response.headers.has('cf-mitigated')
  const isPage = (response.status === 401 || response.status === 403) && /^\s*<(!doctype|html)/i.test(body)
  if (!isChallenge && !isPage) return
  const ray = response.headers.get('cf-ray')
  throw new AuthError(
    'ERR_UPSTREAM_EDGE_BLOCKED',
    `The network edge in front of the service refused the request${ray ? ` (ray ${toOneSafeLine(ray)})` : ''}.`,
  )
}

/** `Retry-After` in seconds only: the services at hand send no dates (RFC 9110 10.2.3). */
function readRetryAfter(response: Response): number | undefined {
  const text = response.headers.get('retry-after')
  return text !== null && /^\d{1,6}$/.test(text) ? Number(text) * 1000 : undefined
}

function readRequestId(response: Response): string | undefined {
  const { headers } = response
  const id = headers.get('x-request-id') ?? headers.get('x-openai-request-id') ?? headers.get('cf-ray')
  if (id === null) return undefined
  return /^(req_)?[\da-f-]{1,64}$/i.test(id) ? id : toOneSafeLine(id).slice(0, 128)
}
