import type { TokenSet } from '../credential.js'
import type { ErrorCode } from '../errors.js'
import { readFailedResponse } from '../failed-response.js'
import { classifyFailure } from '../failure-table.js'
import { readText } from '../network-failure.js'
import { endpointsOf } from '../providers/codex.js'
import type { Secret } from '../secret.js'
import { refreshFailures } from './issuer-failures.js'
import { postJson, type Transport } from './send.js'
import { badTokenResponse, parseTokenSet } from './token-response.js'

/** Why a refresh was sent, in the words the server knows (protocol 5.1). */
export type RefreshReason = 'proactive_expiry' | 'scheduled' | 'forced' | 'unauthorized_recovery'

/** A refresh token and where it may be spent. */
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
  if (!response.ok) throw classifyFailure(refreshFailures, await readFailedResponse(response))
  const tokens = parseTokenSet(await readText(response))
  if (!tokens.accessToken) throw badTokenResponse('lacks `access_token`')
  return tokens
}

const finalFailures = new Set<ErrorCode>([
  'ERR_TOKEN_REFRESH_EXPIRED',
  'ERR_TOKEN_REFRESH_REUSED',
  'ERR_TOKEN_REFRESH_REVOKED',
  'ERR_TOKEN_REFRESH_REJECTED',
])

/** True when the failure condemns the refresh token itself, so that sending it again is useless. */
export function isFinalRefreshFailure(code: ErrorCode): boolean {
  return finalFailures.has(code)
}
