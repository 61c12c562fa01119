import { decodeBase64Url } from './base64url.js'
import { parseJsonObject, readNumber, readObject, readString, type JsonObject } from './json.js'

/** Who a token speaks of, as its claims say (protocol 4.5). Hints: decoded, not verified, and possibly out of date. */
export interface Identity {
  readonly email?: string
  readonly planType?: string
  readonly userId?: string
  readonly accountId?: string
  readonly isFedramp: boolean
}

/** The claims of a JWT, decoded but not verified; `undefined` when `token` is not one (three non-empty parts, a JSON object inside). */
export function decodeClaims(token: string): JsonObject | undefined {
  const parts = token.split('.')
  const payload = parts[1]
  if (parts.length !== 3 || payload === undefined || parts.includes('')) return undefined
  try {
    return parseJsonObject(new TextDecoder().decode(decodeBase64Url(payload)))
  } catch {
    return undefined
  }
}

/** When an access token ends, in milliseconds since the epoch; `undefined` for an opaque token or one without `exp`. */
export function readExpiry(token: string): number | undefined {
  return readLifetime(token).expiresAtMs
}

/** From when until when an access token is good by its own word (RFC 7519 4.1.4, 4.1.6), in milliseconds since the epoch. */
export function readLifetime(token: string): { readonly issuedAtMs?: number; readonly expiresAtMs?: number } {
  const claims = decodeClaims(token)
  const issuedAt = readNumber(claims, 'iat')
  const expiresAt = readNumber(claims, 'exp')
  return {
    ...(issuedAt !== undefined && { issuedAtMs: issuedAt * 1000 }),
    ...(expiresAt !== undefined && { expiresAtMs: expiresAt * 1000 }),
  }
}

/** What the claims of a token say of a person (protocol 4.5); members that are absent or of another kind are left out. */
export function readIdentity(claims: JsonObject | undefined): Identity {
  const auth = readObject(claims, 'https://api.openai.com/auth')
  const profile = readObject(claims, 'https://api.openai.com/profile')
  const email = readString(claims, 'email') ?? readString(profile, 'email')
  const planType = readString(auth, 'chatgpt_plan_type')
  const userId = readString(auth, 'chatgpt_user_id') ?? readString(auth, 'user_id')
  const accountId = readString(auth, 'chatgpt_account_id')
  return {
    ...(email !== undefined && { email }),
    ...(planType !== undefined && { planType }),
    ...(userId !== undefined && { userId }),
    ...(accountId !== undefined && { accountId }),
    isFedramp: auth?.['chatgpt_account_is_fedramp'] === true,
  }
}
