import type { FailureRow } from '../core/index.js'

const misconfigured: FailureRow = {
  named: 'invalid_client',
  code: 'ERR_CONFIG_CLIENT',
  summary: 'The issuer does not take this client id',
  advice:
    'Nothing was deleted; check which issuer and profile are used, or register anew with `planpass login --new-registration`.',
}

const advice = 'Sign in again; the registration is kept and used again.'

/** A refresh that failed: six codes end the session, and nothing else does (siwc 4). */
export const refreshFailures: readonly FailureRow[] = [
  misconfigured,
  { named: 'refresh_token_expired', code: 'ERR_TOKEN_REFRESH_EXPIRED', summary: 'The sign-in has expired', advice },
  { named: 'token_expired', code: 'ERR_TOKEN_REFRESH_EXPIRED', summary: 'The sign-in has expired', advice },
  {
    named: 'refresh_token_reused',
    code: 'ERR_TOKEN_REFRESH_REUSED',
    summary: 'The refresh token was already used, by another program or another copy of this sign-in',
    advice,
  },
  { named: 'refresh_token_invalidated', code: 'ERR_TOKEN_REFRESH_REVOKED', summary: 'The sign-in was ended', advice },
  { named: 'invalid_grant', code: 'ERR_TOKEN_REFRESH_REJECTED', summary: 'The sign-in is no longer valid', advice },
  {
    named: 'invalid_refresh_token',
    code: 'ERR_TOKEN_REFRESH_REJECTED',
    summary: 'The sign-in is no longer valid',
    advice,
  },
  { code: 'ERR_TOKEN_REFRESH_UNAVAILABLE', summary: 'The token could not be refreshed', quotes: true },
]

/** A code that could not be exchanged (siwc 2.4): the registration stays, the code is spent. */
export const exchangeFailures: readonly FailureRow[] = [
  misconfigured,
  { code: 'ERR_SIGN_IN_FAILED', summary: 'The code could not be exchanged for tokens', quotes: true },
]
