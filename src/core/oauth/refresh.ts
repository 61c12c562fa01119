import type { TokenSet } from '../credential.js'
import { AuthError, type ErrorCode } from '../errors.js'
import { describeFailure, readFailedResponse, type FailedResponse } from '../failed-response.js'
import { readText } from '../network-failure.js'
import { endpointsOf } from '../providers/codex.js'
import type { Secret } from '../secret.js'
import { postJson, type Transport } from './send.js'
import { badTokenResponse, parseTokenSet } from './token-response.js'

/** Why a refresh was sent, in the words the server knows (protocol 5.1). */
export type RefreshReason = 'proactive_expiry' | 'scheduled' | 'forced' | 'unauthorized_recovery'

export interface RefreshGrant {
  readonly issuer: string
  readonly clientId: string
  readonly refreshToken: Secret
  readonly reason: RefreshReason
}

/** Spends a refresh token (RFC 6749 6, as JSON: protocol 5.2). It is single-use: send this once, under the store's lock. */
export function refreshRequest(grant: RefreshGrant, transport: Transport): Promise<Response> {
  const body = {
    client_id: grant.clientId,
    grant_type: 'refresh_token',
    refresh_reason: grant.reason,
    refresh_token: grant.refreshToken.reveal(),
  }
  return postJson(endpointsOf(grant.issuer).token, body, transport)
}

/**
 * @returns the tokens that were rotated; an access token is always among them
 * @throws AuthError `ERR_TOKEN_REFRESH_EXPIRED`, `ERR_TOKEN_REFRESH_REUSED`, `ERR_TOKEN_REFRESH_REVOKED`, `ERR_TOKEN_REFRESH_REJECTED` (all
 *   final for this refresh token), `ERR_TOKEN_REFRESH_UNAVAILABLE`, `ERR_UPSTREAM_EDGE_BLOCKED`, `ERR_UPSTREAM_BAD_RESPONSE` (none of them
 *   says anything about the sign-in)
 */
export async function processRefreshResponse(response: Response): Promise<TokenSet> {
  if (!response.ok) throw toRefreshError(await readFailedResponse(response))
  const tokens = parseTokenSet(await readText(response))
  if (!tokens.accessToken) throw badTokenResponse('lacks `access_token`')
  return tokens
}

/** A failure is what its body says, not its status (protocol 5.4). The first row that matches decides. */
const verdicts: readonly { code?: string; status?: number; verdict: ErrorCode; reason: string }[] = [
  { code: 'refresh_token_expired', verdict: 'ERR_TOKEN_REFRESH_EXPIRED', reason: 'The sign-in has expired.' },
  {
    code: 'refresh_token_reused',
    verdict: 'ERR_TOKEN_REFRESH_REUSED',
    reason: 'The refresh token was already used, by another program or another copy of this sign-in.',
  },
  { code: 'refresh_token_invalidated', verdict: 'ERR_TOKEN_REFRESH_REVOKED', reason: 'The sign-in was revoked.' },
  { code: 'app_session_terminated', verdict: 'ERR_TOKEN_REFRESH_REVOKED', reason: 'The sign-in was ended.' },
  {
    code: 'invalid_grant',
    status: 400,
    verdict: 'ERR_TOKEN_REFRESH_REJECTED',
    reason: 'The sign-in is no longer valid.',
  },
  { status: 401, verdict: 'ERR_TOKEN_REFRESH_REJECTED', reason: 'The server no longer accepts this sign-in.' },
]

function toRefreshError(failed: FailedResponse): AuthError {
  const row = verdicts.find(
    ({ code, status }) =>
      (code === undefined || code === failed.code) && (status === undefined || status === failed.status),
  )
  const details = {
    ...(failed.requestId !== undefined && { requestId: failed.requestId }),
    ...(failed.retryAfterMs !== undefined && { retryAfterMs: failed.retryAfterMs }),
  }
  if (row) return new AuthError(row.verdict, row.reason, details)
  return new AuthError(
    'ERR_TOKEN_REFRESH_UNAVAILABLE',
    `The token could not be refreshed (${describeFailure(failed)}).`,
    details,
  )
}

/** True when the failure condemns the refresh token itself, so that sending it again is useless. */
export function isFinalRefreshFailure(code: ErrorCode): boolean {
  return verdicts.some((row) => row.verdict === code)
}
