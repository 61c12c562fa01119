import { AuthError, readString, type JsonObject, type Secret } from '../core/index.js'
import { readIssuerKeys } from './issuer-metadata.js'
import type { IssuerTransport } from './send.js'

/** What an ID token must say. */
export interface IdTokenExpectation {
  readonly issuer: string
  /** The issued client id. */
  readonly clientId: string
  /** Of the attempt; an ID token of a refresh has none. */
  readonly nonce?: string
  /** Whose it must be, when that is known already. */
  readonly subject?: string | undefined
  readonly nowMs: number
}

/** What a verified ID token says. */
export interface VerifiedIdentity {
  readonly subject: string
  readonly email?: string
}

const toleranceSeconds = 5

/**
 * Verifies an ID token in full (OpenID Connect Core 3.1.3.7, siwc 2.5): RS256 by a key of the issuer, issuer, audience (which comes as a list),
 * authorised party, times, nonce and subject.
 *
 * @throws AuthError `ERR_SIGN_IN_IDENTITY` when it does not hold; `ERR_SIGN_IN_WRONG_ACCOUNT` when it is somebody else's;
 *   `ERR_UPSTREAM_*` or `ERR_NETWORK_*` when the keys cannot be had or used, which says nothing of it
 */
export async function verifyIdToken(
  idToken: Secret,
  expected: IdTokenExpectation,
  transport: IssuerTransport,
): Promise<VerifiedIdentity> {
  const keys = await readIssuerKeys(expected.issuer, transport)
  const claims = await verifySignature(idToken, keys, expected)
  const { clientId, nonce } = expected
  const authorizedParty = readString(claims, 'azp')
  const hasSeveral = Array.isArray(claims['aud']) && claims['aud'].length > 1
  if ((authorizedParty !== undefined || hasSeveral) && authorizedParty !== clientId)
    throw invalid('is for another client')
  if (nonce !== undefined && claims['nonce'] !== nonce) throw invalid('is of another attempt')
  const subject = readString(claims, 'sub')
  if (!subject) throw invalid('does not say whose it is')
  if (expected.subject !== undefined && subject !== expected.subject) throw otherAccount()
  const email = readString(claims, 'email')
  return { subject, ...(email !== undefined && { email }) }
}

/** jose does the arithmetic; it is loaded when there is something to verify, which is at sign-ins and refreshes. */
async function verifySignature(idToken: Secret, keys: JsonObject, expected: IdTokenExpectation): Promise<JsonObject> {
  const { createLocalJWKSet, errors, jwtVerify } = await import('jose')
  try {
    const { payload } = await jwtVerify<JsonObject>(idToken.reveal(), createLocalJWKSet({ keys: toKeys(keys) }), {
      algorithms: ['RS256'],
      issuer: expected.issuer,
      audience: expected.clientId,
      requiredClaims: ['exp', 'iat', 'sub'],
      clockTolerance: toleranceSeconds,
      currentDate: new Date(expected.nowMs),
    })
    return payload
  } catch (error) {
    // Its messages name claims and never quote them.
    if (error instanceof errors.JOSEError) throw invalid(`does not hold (${error.code})`)
    // Web Crypto's own, of a key that is none: it says nothing of the token.
    throw new AuthError('ERR_UPSTREAM_BAD_RESPONSE', 'A key of the issuer cannot be used.', { cause: error })
  }
}

function toKeys({ keys }: JsonObject): { kty: string; [member: string]: unknown }[] {
  const list = Array.isArray(keys) ? keys : []
  return list.flatMap((key) => {
    const isKey = typeof key === 'object' && key !== null && !Array.isArray(key)
    const kty = isKey ? readString(key, 'kty') : undefined
    return isKey && kty !== undefined ? [{ ...key, kty }] : []
  })
}

function invalid(why: string): AuthError {
  return new AuthError('ERR_SIGN_IN_IDENTITY', `The ID token ${why}.`)
}

function otherAccount(): AuthError {
  return new AuthError('ERR_SIGN_IN_WRONG_ACCOUNT', 'Somebody else signed in than this client is registered for.', {
    advice:
      'Sign in with the account that was meant, or register anew for another one: `planpass login --new-registration`.',
  })
}
