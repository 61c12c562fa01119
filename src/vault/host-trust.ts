import {
  createLocalJWKSet,
  errors,
  jwtVerify,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyOptions,
  type JWTVerifyResult,
} from 'jose'
import { decodeClaims, readString, type Clock } from '../core/index.js'
import { everyTenant, isName, type VaultOwner } from './owner.js'

/** A host application that may speak for users, and what it signs with. */
export interface HostTrust {
  /** What its tokens name as `iss`. */
  readonly issuer: string
  /** Its public keys. */
  readonly keys: JSONWebKeySet
  /** The tenants whose users it may speak for. */
  readonly tenants: readonly string[]
}

/** Who asks, and for whom. */
export interface HostCall {
  readonly owner: VaultOwner
  readonly issuer: string
  /** The token's own id, for calls that may come once. */
  readonly tokenId: string | undefined
  readonly expiresAtMs: number
}

export interface HostTrustOptions {
  readonly hosts: readonly HostTrust[]
  /** What the hosts' tokens must be for, as `aud`. */
  readonly audience: string
  readonly clock: Clock
  /** How old a token may be; default five minutes. */
  readonly maxTokenAgeMs?: number
}

/** Public-key signatures alone: a shared secret would let this service speak as its hosts. */
const algorithms = ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256']
const clockToleranceSeconds = 30

/** A host's token is not good, or not for this. The words are the same whatever is wrong, so that nobody learns from them. */
export class HostRefused extends Error {}

/**
 * Reads who asks from a request: `Authorization: Bearer` with a JWT (RFC 7519) that names the host as `iss`, this service as `aud`, the tenant as
 * `tenant` and the user as `sub`, and that ends soon.
 *
 * @throws HostRefused
 */
export function createHostTrust(options: HostTrustOptions): (request: Request) => Promise<HostCall> {
  const { hosts, audience, clock, maxTokenAgeMs = 5 * 60_000 } = options
  const trusted = new Map(hosts.map((host) => [host.issuer, { ...host, keySet: createLocalJWKSet(host.keys) }]))

  return async (request) => {
    const token = readBearer(request)
    const host = trusted.get(readIssuer(token))
    if (!host) throw new HostRefused()
    const checks = {
      audience,
      issuer: host.issuer,
      algorithms,
      currentDate: new Date(clock.now()),
      maxTokenAge: maxTokenAgeMs / 1000,
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp', 'iat', 'sub', 'tenant'],
    }
    const payload = await verify(() => verifyWithAny(token, host.keySet, checks))
    const { tenant, sub: user, exp = 0, jti } = payload
    if (!isName(tenant) || tenant === everyTenant || !isName(user) || !host.tenants.includes(tenant)) {
      throw new HostRefused()
    }
    return { owner: { tenant, user }, issuer: host.issuer, tokenId: jti, expiresAtMs: exp * 1000 }
  }
}

async function verify(work: () => Promise<{ readonly payload: JWTPayload }>): Promise<JWTPayload> {
  try {
    return (await work()).payload
  } catch (error) {
    if (error instanceof errors.JOSEError) throw new HostRefused()
    throw error
  }
}

/** A host that changes its keys has two of one kind for a while, and a token need not say with which it was signed. */
async function verifyWithAny(
  token: string,
  keySet: ReturnType<typeof createLocalJWKSet>,
  checks: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, keySet, checks)
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    for await (const key of error) {
      const verified = await unlessOtherKey(() => jwtVerify(token, key, checks))
      if (verified) return verified
    }
    throw error
  }
}

async function unlessOtherKey(work: () => Promise<JWTVerifyResult>): Promise<JWTVerifyResult | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return undefined
    throw error
  }
}

function readBearer({ headers }: Request): string {
  const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(headers.get('authorization') ?? '') ?? []
  if (token === undefined) throw new HostRefused()
  return token
}

/** Which host it says it is from; the signature says whether that is so. */
function readIssuer(token: string): string {
  return readString(decodeClaims(token), 'iss') ?? ''
}
