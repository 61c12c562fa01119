import { AuthError, parseJsonObject, readExpiry, readString, Secret } from '../core/index.js'
import { bearerTokens, chatgptTokens, sourceFailure, toExternalTokens } from '../core/external.js'
import type { ChatgptCredential, JsonObject } from '../core/index.js'
import type { ExternalTokens } from '../core/external.js'

/** An access token with its end, and nothing that could renew it. */
export interface AccessGrant {
  readonly tokens: ExternalTokens
  /** End of the access token, milliseconds since the epoch; absent when nobody knows. */
  readonly expiresAtMs?: number
}

/**
 * What a reader needs of a credential, as JSON: `accessToken`, and where they are known `accountId`, `planType`, `expiresAt` (ISO 8601). It
 * holds no refresh token, so that whoever gets it can use the sign-in and neither renew nor spoil it.
 */
export function exportAccessOnly(credential: ChatgptCredential): string {
  const { accessToken, chatgpt } = toExternalTokens(credential)
  const { expiresAtMs } = credential
  return JSON.stringify({
    accessToken: accessToken.reveal(),
    ...(chatgpt && { accountId: chatgpt.accountId }),
    ...(chatgpt?.planType !== undefined && { planType: chatgpt.planType }),
    ...(expiresAtMs !== undefined && { expiresAt: new Date(expiresAtMs).toISOString() }),
  })
}

/**
 * Reads what `exportAccessOnly` wrote, or what a broker answers.
 *
 * @throws AuthError `ERR_TOKEN_SOURCE_FAILED`; `ERR_TOKEN_UNSUPPORTED_MODE` for a whole sign-in, which is refused so that nobody hands one out
 *   in the place of an access token
 */
export function parseAccessDocument(text: string): AccessGrant {
  const json = parseJsonObject(text)
  const accessToken = readString(json, 'accessToken')
  if (holdsRefreshToken(json)) {
    throw new AuthError('ERR_TOKEN_UNSUPPORTED_MODE', 'This is a whole sign-in, not an access token.', {
      advice: 'Hand out what `exportAccessOnly` makes of it.',
    })
  }
  if (accessToken === undefined) throw sourceFailure('The source did not answer with an access token.')
  const expiresAtMs = readEnd(json) ?? readExpiry(accessToken)
  return {
    tokens: toTokens(new Secret(accessToken), json),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  }
}

function readEnd(json: JsonObject | undefined): number | undefined {
  const milliseconds = Date.parse(readString(json, 'expiresAt') ?? '')
  return Number.isNaN(milliseconds) ? undefined : milliseconds
}

function toTokens(accessToken: Secret, json: JsonObject | undefined): ExternalTokens {
  const accountId = readString(json, 'accountId')
  const planType = readString(json, 'planType')
  if (accountId === undefined) return bearerTokens(accessToken)
  return chatgptTokens(accessToken, { accountId, ...(planType !== undefined && { planType }) })
}

function holdsRefreshToken(json: JsonObject | undefined): boolean {
  return json !== undefined && ('tokens' in json || 'refreshToken' in json || 'refresh_token' in json)
}
