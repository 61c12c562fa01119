import {
  AuthError,
  decodeClaims,
  parseJsonObject,
  readNumber,
  readString,
  Secret,
  type JsonObject,
} from '../core/index.js'

/** What the token endpoint answered (siwc 2.4, 4); a refresh may leave out all but the access token. */
export interface TokenAnswer {
  readonly accessToken: Secret
  readonly refreshToken?: Secret
  readonly idToken?: Secret
  readonly expiresInSeconds: number
  readonly scopes?: readonly string[]
  /** Before which the issuer takes no refresh, in milliseconds since the epoch. */
  readonly earliestRefreshAtMs?: number
}

/** @throws AuthError `ERR_UPSTREAM_BAD_RESPONSE`, naming the member that is wrong, never its value */
export function parseTokenAnswer(text: string): TokenAnswer {
  const json = parseJsonObject(text)
  if (!json) throw badAnswer('is not a JSON object')
  const accessToken = readToken(json, 'access_token')
  if (!accessToken) throw badAnswer('lacks `access_token`')
  if (readString(json, 'token_type')?.toLowerCase() !== 'bearer') throw badAnswer('is not of the type `bearer`')
  const expiresInSeconds = readNumber(json, 'expires_in') ?? 0
  if (expiresInSeconds <= 0) throw badAnswer('does not say how long the token lives')
  const refreshToken = readToken(json, 'refresh_token')
  const idToken = readToken(json, 'id_token')
  if (idToken && !decodeClaims(idToken.reveal())) throw badAnswer('carries an `id_token` that is not a JWT')
  const scopes = readScopes(json)
  const earliestRefreshAtMs = readInstant(json['earliest_refresh_at'])
  return {
    accessToken,
    expiresInSeconds,
    ...(refreshToken && { refreshToken }),
    ...(idToken && { idToken }),
    ...(scopes && { scopes }),
    ...(earliestRefreshAtMs !== undefined && { earliestRefreshAtMs }),
  }
}

function readToken(json: JsonObject, member: string): Secret | undefined {
  const value = json[member] ?? undefined
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)) return new Secret(value)
  throw badAnswer(`carries a \`${member}\` that is not a token`)
}

function readScopes(json: JsonObject): readonly string[] | undefined {
  const scope = json['scope'] ?? undefined
  if (scope === undefined) return undefined
  if (typeof scope !== 'string') throw badAnswer('carries a `scope` that is not a text')
  return scope.split(' ').filter(Boolean)
}

/** Neither type nor meaning is documented, so seconds and ISO times are understood, and anything else says nothing (siwc 4). */
export function readInstant(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return value * 1000
  const milliseconds = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(milliseconds) ? undefined : milliseconds
}

/** The error of an answer that has the wrong shape. `why` goes on after "The answer of the token endpoint". */
export function badAnswer(why: string): AuthError {
  return new AuthError('ERR_UPSTREAM_BAD_RESPONSE', `The answer of the token endpoint ${why}.`)
}
