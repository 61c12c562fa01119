import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose'

/** The issuer's RS256 key: made at its first use, since most in-process tests need no other. */
export interface SigningKey {
  sign(claims: JWTPayload): Promise<string>
  /** The claims, or `undefined` when the token is not ours or its time is over. */
  verify(token: string, nowMs: number): Promise<JWTPayload | undefined>
  /** What the JWKS endpoint publishes (RFC 7517 5). */
  publicKeys(): Promise<{ keys: JWK[] }>
}

/** A new key; nothing is generated before it is used. */
export function createSigningKey(): SigningKey {
  let made: ReturnType<typeof makeKey> | undefined
  const load = () => (made ??= makeKey())

  return {
    async sign(claims) {
      const { privateKey, jwk } = await load()
      return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: jwk.kid ?? '' }).sign(privateKey)
    },
    async verify(token, nowMs) {
      const { publicKey } = await load()
      return jwtVerify(token, publicKey, { algorithms: ['RS256'], currentDate: new Date(nowMs) }).then(
        ({ payload }) => payload,
        () => undefined,
      )
    },
    publicKeys: async () => ({ keys: [(await load()).jwk] }),
  }
}

async function makeKey() {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  return { privateKey, publicKey, jwk: { ...jwk, kid, alg: 'RS256', use: 'sig' } }
}
