import { toErrorAnswer } from '../backend/index.js'
import { isAuthError } from '../core/index.js'

/** Why the gateway itself does not serve a request, in the public API's own shape, so that its clients raise what they should. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }

  toResponse(): Response {
    const error = { message: this.message, type: typeOf(this.status), code: this.code, param: null, advice: null }
    const shouldRetry: Record<string, string> = this.status === 503 ? {} : { 'x-should-retry': 'false' }
    return Response.json(
      { error },
      { status: this.status, headers: { 'cache-control': 'no-store', ...shouldRetry, ...this.headers } },
    )
  }
}

/** The answer to a request that could not be served; what is nobody's fault but ours tells nothing of itself. */
export function toFailureAnswer(error: unknown): Response {
  if (error instanceof Refusal) return error.toResponse()
  if (isAuthError(error)) return toErrorAnswer(error)
  return new Refusal(500, 'gateway_failed', 'The gateway failed at this request.').toResponse()
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error'
  if (status === 403) return 'permission_error'
  if (status === 429) return 'insufficient_quota'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}
