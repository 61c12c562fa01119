import { AuthError, toOneSafeLine, type ErrorCode } from '../core/index.js'

interface RefusalRow {
  /** The `error` of the callback (RFC 6749 4.1.2.1). */
  readonly error: string
  /** What its description must contain, in any case. */
  readonly says?: string
  readonly code: ErrorCode
  readonly summary: string
  readonly advice?: string
  /** Whether the server's own words are of use to a person. */
  readonly quotes?: boolean
}

/** Why the authorization server sent the browser back without a code; the first row that fits (protocol 2.6). */
const refusals: readonly RefusalRow[] = [
  {
    error: 'access_denied',
    says: 'missing_codex_entitlement',
    code: 'ERR_SIGN_IN_NOT_ALLOWED',
    summary: 'Codex is not enabled for your workspace',
    advice: 'Contact your workspace administrator to request access to Codex.',
  },
  {
    error: 'access_denied',
    code: 'ERR_SIGN_IN_DENIED',
    summary: 'The sign-in was denied',
    advice: 'Start again and approve it if it was you who asked.',
    quotes: true,
  },
  {
    error: 'server_error',
    code: 'ERR_SIGN_IN_FAILED',
    summary: 'The sign-in server had a problem of its own',
    advice: 'Start the sign-in again in a moment.',
    quotes: true,
  },
  {
    error: 'temporarily_unavailable',
    code: 'ERR_SIGN_IN_FAILED',
    summary: 'The sign-in server is busy',
    advice: 'Start the sign-in again in a moment.',
    quotes: true,
  },
]

const anyOther = { code: 'ERR_SIGN_IN_FAILED', summary: 'The sign-in server refused', quotes: true } as const

/** The failure a callback reports, with the server's own name for it and, where they help, its words. */
export function toAuthorizationError(error: string, description: string | null): AuthError {
  const row: Omit<RefusalRow, 'error'> =
    refusals.find((candidate) => isMeant(candidate, error, description)) ?? anyOther
  const name = toOneSafeLine(error) || 'no reason given'
  const words = row.quotes ? toOneSafeLine(description ?? '').replace(/\.$/, '') : ''
  const reason = words ? `${name}: ${words}` : name
  return new AuthError(row.code, `${row.summary} (${reason}).`, row.advice === undefined ? {} : { advice: row.advice })
}

function isMeant(row: RefusalRow, error: string, description: string | null): boolean {
  return row.error === error && (row.says === undefined || description?.toLowerCase().includes(row.says) === true)
}

/** A callback that reports no failure, and no success either. */
export function noCodeError(): AuthError {
  return new AuthError('ERR_SIGN_IN_FAILED', 'The browser came back without an authorization code.')
}
