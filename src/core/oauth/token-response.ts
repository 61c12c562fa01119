import { decodeClaims } from '../claims.js'
import type { TokenSet } from '../credential.js'
import { AuthError } from '../errors.js'
import { parseJsonObject, readString, type JsonObject } from '../json.js'
import { Secret } from '../secret.js'

/**
 * The tokens in a 2xx answer of the token endpoint; members that are absent stay absent.
 *
 * @throws AuthError `ERR_UPSTREAM_BAD_RESPONSE`
 */
export function parseTokenSet(text: string): TokenSet {
  const json = parseJsonObject(text)
  if (!json) throw badTokenResponse('is not a JSON object')
  const idToken = readToken(json, 'id_token')
  const accessToken = readToken(json, 'access_token')
  const refreshToken = readToken(json, 'refresh_token')
  if (idToken && !decodeClaims(idToken.reveal())) throw badTokenResponse('carries an `id_token` that is not a JWT')
  return { ...(idToken && { idToken }), ...(accessToken && { accessToken }), ...(refreshToken && { refreshToken }) }
}

/** A first sign-in must bring all three tokens (protocol 2.5). */
export function requireWholeTokenSet(tokens: TokenSet): Required<TokenSet> {
  const { idToken, accessToken, refreshToken } = tokens
  if (!idToken || !accessToken || !refreshToken) {
    throw badTokenResponse('lacks one of `id_token`, `access_token`, `refresh_token`')
  }
  return { idToken, accessToken, refreshToken }
}

/** What can stand in a header, and no more: RFC 6750 2.1 allows less. */
export const tokenText = /^[\x21-\x7e]+$/

function readToken(json: JsonObject, member: string): Secret | undefined {
  const value = json[member] ?? undefined
  if (value === undefined) return undefined
  const text = readString(json, member)
  if (!text || !tokenText.test(text)) throw badTokenResponse(`carries a \`${member}\` that is not a token`)
  return new Secret(text)
}

/** The error of an answer that has the wrong shape. `why` goes on after "The answer of the token endpoint", without its full stop. */
export function badTokenResponse(why: string): AuthError {
  return new AuthError('ERR_UPSTREAM_BAD_RESPONSE', `The answer of the token endpoint ${why}.`)
}
