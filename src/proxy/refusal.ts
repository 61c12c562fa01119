import type { AuthError, ErrorCode } from '../core/index.js'

/** An answer of the proxy itself, in the shape that clients of the public API know. */
export class Refusal extends Error {
  readonly status: number
  readonly headers: Record<string, string>

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }

  toResponse(): Response {
    const type = this.status === 401 ? 'authentication_error' : 'invalid_request_error'
    const error = { message: this.message, type, code: null, param: null }
    return Response.json({ error }, { status: this.status, headers: { 'x-should-retry': 'false', ...this.headers } })
  }
}

/** What became of a request that the proxy could not pass on. */
export function toFailureResponse({ code, message, remedy }: AuthError): Response {
  const error = { message, type: remedy === 'sign-in' ? 'authentication_error' : 'server_error', code, param: null }
  return Response.json({ error }, { status: statusOf(code, remedy), headers: { 'x-planpass-code': code } })
}

function statusOf(code: ErrorCode, remedy: AuthError['remedy']): number {
  if (remedy === 'sign-in' || code === 'ERR_TOKEN_EXPIRED') return 401
  return code === 'ERR_NETWORK_TIMEOUT' ? 504 : 502
}
