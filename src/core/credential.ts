import { decodeClaims, readIdentity, readLifetime, type Identity } from './claims.js'
import { readString } from './json.js'
import type { Secret } from './secret.js'

/** A ChatGPT sign-in that we keep alive: the tokens, where they came from, and whose they are. */
export interface ChatgptCredential {
  /** Through which provider: `chatgpt` is the Codex client's, as `auth.json` calls it. */
  readonly mode: 'chatgpt' | 'siwc'
  readonly idToken: Secret
  readonly accessToken: Secret
  /** Absent when the stored one is empty: such a sign-in works until its access token ends. */
  readonly refreshToken?: Secret
  /** The workspace the tokens are for; sent as `ChatGPT-Account-ID`. Never changed by a refresh (protocol 4.2). */
  readonly accountId?: string
  /** Who issued the tokens, and so where they are refreshed; absent in files older than Codex 0.169. */
  readonly provenance?: Provenance
  readonly loginOwnerId?: string
  /** When the tokens were last obtained, milliseconds since the epoch. */
  readonly lastRefreshMs?: number
  /** What the ID token says of the person. A dated hint, never a gate. */
  readonly identity: Identity
  /** Start of the access token by its own `iat`; absent when it does not say. */
  readonly issuedAtMs?: number
  /** End of the access token by its own `exp`; absent when the token is opaque. */
  readonly expiresAtMs?: number
  /** The stored document this was read from, so that members we do not know survive a rewrite. */
  readonly document?: Secret
}

/** Who issued tokens, and to which client: refreshes and revocations go there (protocol 4.2). */
export interface Provenance {
  readonly issuer: string
  readonly clientId: string
}

/** A credential that some other tool stored and that this package reads but does not use (protocol 4.3). */
export interface ForeignCredential {
  readonly mode: 'apikey' | 'personalAccessToken' | 'agentIdentity' | 'bedrock'
  readonly document?: Secret
}

/** What a store may hold. */
export type Credential = ChatgptCredential | ForeignCredential

/** Tokens as a token endpoint returned them. A refresh may leave any of them out (protocol 5.3). */
export interface TokenSet {
  readonly idToken?: Secret
  readonly accessToken?: Secret
  readonly refreshToken?: Secret
}

/** The credential after a refresh: returned tokens replace stored ones, everything else stays. */
export function withRefreshedTokens(current: ChatgptCredential, tokens: TokenSet, nowMs: number): ChatgptCredential {
  const { issuedAtMs: _issuedAtMs, expiresAtMs: _expiresAtMs, ...rest } = current
  const accessToken = tokens.accessToken ?? current.accessToken
  const idToken = tokens.idToken ?? current.idToken
  return {
    ...rest,
    idToken,
    accessToken,
    ...(tokens.refreshToken && { refreshToken: tokens.refreshToken }),
    lastRefreshMs: nowMs,
    ...derivedFrom(idToken, accessToken, current.mode),
  }
}

/** What a credential derives from its tokens: the person, from the ID token; the end, from the access token. */
export function derivedFrom(
  idToken: Secret,
  accessToken: Secret,
  mode?: ChatgptCredential['mode'],
): Pick<ChatgptCredential, 'identity' | 'issuedAtMs' | 'expiresAtMs'> {
  const claims = decodeClaims(idToken.reveal())
  const identity = readIdentity(claims)
  const userId = mode === 'siwc' ? readString(claims, 'sub') : undefined
  return { identity: userId ? { ...identity, userId } : identity, ...readLifetime(accessToken.reveal()) }
}

/**
 * Same person in the same workspace: the only credentials that may replace one another without a sign-in. An ID token that does not say who
 * the person is contradicts nobody. Where a client is registered for one person and workspace, a subject means nothing beyond it (siwc 2.5).
 */
export function isSameAccount(one: ChatgptCredential, other: ChatgptCredential): boolean {
  const [userId, otherUserId] = [one.identity.userId, other.identity.userId]
  const isSamePerson = userId === undefined || otherUserId === undefined || userId === otherUserId
  const isSameClient = one.mode === 'chatgpt' || one.provenance?.clientId === other.provenance?.clientId
  return isSamePerson && isSameClient && one.mode === other.mode && one.accountId === other.accountId
}
