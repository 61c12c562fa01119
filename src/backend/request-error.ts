import { AuthError, toOneSafeLine, type ErrorCode } from '../core/index.js'

/** A request that was not sent, and the place in it that is to blame: `input[2].role`. */
export class RequestError extends AuthError {
  readonly field: string

  constructor(code: ErrorCode, field: string, reason: string) {
    super(code, `${toOneSafeLine(field) || 'The request'}: ${reason}`)
    this.field = field
  }
}

/** The error for a request that no service of this kind could take. */
export function badRequest(field: string, reason: string): RequestError {
  return new RequestError('ERR_UPSTREAM_BAD_REQUEST', field, reason)
}

/** The error for what the backend cannot do, and what the answer would be wrong without. */
export function unsupportedField(field: string, reason: string): RequestError {
  return new RequestError('ERR_UPSTREAM_UNSUPPORTED_FIELD', field, reason)
}
