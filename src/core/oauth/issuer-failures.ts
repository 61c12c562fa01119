import type { FailureRow } from '../failure-table.js'

const passing = { from: 500, to: 599 } as const

/** A refresh that failed (protocol 5.4). What is not named here is passing: no unknown answer signs anybody out. */
export const refreshFailures: readonly FailureRow[] = [
  { named: 'refresh_token_expired', code: 'ERR_TOKEN_REFRESH_EXPIRED', summary: 'The sign-in has expired' },
  { named: 'token_expired', code: 'ERR_TOKEN_REFRESH_EXPIRED', summary: 'The sign-in has expired' },
  {
    named: 'refresh_token_reused',
    code: 'ERR_TOKEN_REFRESH_REUSED',
    summary: 'The refresh token was already used, by another program or another copy of this sign-in',
  },
  { named: 'refresh_token_invalidated', code: 'ERR_TOKEN_REFRESH_REVOKED', summary: 'The sign-in was revoked' },
  { named: 'app_session_terminated', code: 'ERR_TOKEN_REFRESH_REVOKED', summary: 'The sign-in was ended' },
  {
    named: 'invalid_grant',
    status: 400,
    code: 'ERR_TOKEN_REFRESH_REJECTED',
    summary: 'The sign-in is no longer valid',
  },
  { status: 401, code: 'ERR_TOKEN_REFRESH_REJECTED', summary: 'The server no longer accepts this sign-in' },
  { code: 'ERR_TOKEN_REFRESH_UNAVAILABLE', summary: 'The token could not be refreshed', quotes: true },
]

/** A request for a user code that failed (protocol 3.1). */
export const userCodeFailures: readonly FailureRow[] = [
  { status: 404, code: 'ERR_SIGN_IN_DEVICE_DISABLED', summary: 'Device code sign-in is not enabled on this server' },
  { status: 429, code: 'ERR_UPSTREAM_RATE_LIMITED', summary: 'Too many sign-ins were started', quotes: true },
  { status: passing, code: 'ERR_UPSTREAM_UNAVAILABLE', summary: 'The server gave no user code', quotes: true },
  { code: 'ERR_SIGN_IN_FAILED', summary: 'The server gave no user code', quotes: true },
]

/** A poll that ended the sign-in, or failed in passing (protocol 3.2, RFC 8628 3.5). */
export const devicePollFailures: readonly FailureRow[] = [
  { named: 'access_denied', code: 'ERR_SIGN_IN_DENIED', summary: 'The code was denied' },
  { named: 'expired_token', code: 'ERR_SIGN_IN_EXPIRED', summary: 'The code expired before it was approved' },
  { status: passing, code: 'ERR_UPSTREAM_UNAVAILABLE', summary: 'The server could not say', quotes: true },
  { code: 'ERR_SIGN_IN_FAILED', summary: 'The server ended the sign-in', quotes: true },
]

/** A code that could not be exchanged (protocol 2.5). The code may be spent, so nothing here says to try again. */
export const exchangeFailures: readonly FailureRow[] = [
  { code: 'ERR_SIGN_IN_FAILED', summary: 'The code could not be exchanged for tokens', quotes: true },
]

/** A session that could not be revoked (protocol 6). */
export const revocationFailures: readonly FailureRow[] = [
  { code: 'ERR_UPSTREAM_UNAVAILABLE', summary: 'The session could not be revoked', quotes: true },
]
