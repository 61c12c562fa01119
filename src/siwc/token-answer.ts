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
  /** In lower case. */
  readonly type?: string
  readonly expiresInSeconds?: number
  readonly scopes?: readonly string[]
  /** Before which the issuer takes no refresh, in milliseconds since the epoch. */
  readonly earliestRefreshAtMs?: number
}

/** What nobody can be signed in without. */
type WholeTokenAnswer = TokenAnswer & Required<Pick<TokenAnswer, 'refreshToken' | 'idToken' | 'scopes'>>

/**
 * What of an answer can be used; what is no token, no number and no text says nothing. The token that a refresh was asked with is spent by now, so
 * nothing but the lack of another one makes its answer useless.
 *
 * @throws AuthError `ERR_UPSTREAM_BAD_RESPONSE`
 */
export function parseTokenAnswer(text: string): TokenAnswer {
  const json = parseJsonObject(text)
  if (!json) throw badAnswer('is not a JSON object')
  const accessToken = readToken(json, 'access_token')
  if (!accessToken) throw badAnswer('lacks `access_token`')
  const refreshToken = readToken(json, 'refresh_token')
  const idToken = readToken(json, 'id_token')
  const type = readString(json, 'token_type')?.toLowerCase()
  const expiresInSeconds = readNumber(json, 'expires_in')
  const scopes = readString(json, 'scope')?.split(' ').filter(Boolean)
  const earliestRefreshAtMs = readInstant(json['earliest_refresh_at'])
  return {
    accessToken,
    ...(refreshToken && { refreshToken }),
    ...(idToken && { idToken }),
    ...(type !== undefined && { type }),
    ...(expiresInSeconds !== undefined && { expiresInSeconds }),
    ...(scopes && { scopes }),
    ...(earliestRefreshAtMs !== undefined && { earliestRefreshAtMs }),
  }
}

/** For a new sign-in, which costs nobody an old one when it is refused. @throws AuthError `ERR_UPSTREAM_BAD_RESPONSE`, naming the member that is wrong, never its value */
export function requireWhole(answer: TokenAnswer): WholeTokenAnswer {
  const { type, expiresInSeconds = 0, idToken, refreshToken, scopes } = answer
  if (type !== 'bearer') throw badAnswer('is not of the type `bearer`')
  if (expiresInSeconds <= 0) throw badAnswer('does not say how long the token lives')
  if (!idToken) throw badAnswer('lacks `id_token`')
  if (!decodeClaims(idToken.reveal())) throw badAnswer('carries an `id_token` that is not a JWT')
  if (!refreshToken) throw badAnswer('lacks `refresh_token`')
  if (!scopes) throw badAnswer('lacks `scope`')
  return { ...answer, idToken, refreshToken, scopes }
}

function readToken(json: JsonObject, member: string): Secret | undefined {
  const value = readString(json, member)
  return value !== undefined && /^[\x21-\x7e]+$/.test(value) ? new Secret(value) : undefined
}

/** Seconds come to as much in the year 5138, and milliseconds did in 1973. */
const leastMilliseconds = 1e11

/**
 * Neither type nor meaning is documented, so seconds, milliseconds and ISO times are understood, and anything else says nothing (siwc 4): what is
 * understood wrongly keeps a sign-in from being refreshed.
 */
export function readInstant(value: unknown): number | undefined {
  const instant = new Date(toMilliseconds(value)).getTime()
  return Number.isNaN(instant) ? undefined : instant
}

function toMilliseconds(value: unknown): number {
  if (typeof value === 'string') return Date.parse(value)
  if (typeof value !== 'number') return Number.NaN
  return value < leastMilliseconds ? value * 1000 : value
}

/** `why` goes on after "The answer of the token endpoint". */
function badAnswer(why: string): AuthError {
  return new AuthError('ERR_UPSTREAM_BAD_RESPONSE', `The answer of the token endpoint ${why}.`)
}
