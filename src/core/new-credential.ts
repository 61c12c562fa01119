import { randomBase64Url } from './base64url.js'
import { decodeClaims, readIdentity } from './claims.js'
import { derivedFrom, type ChatgptCredential, type Credential, type TokenSet } from './credential.js'
import type { Provider } from './providers/provider.js'

/** A sign-in that has just succeeded. */
export interface NewSignIn {
  readonly provider: Provider
  readonly tokens: Required<TokenSet>
  readonly nowMs: number
  /** What the new credential replaces: members of its document that we do not know are kept. */
  readonly replaces?: Credential | undefined
}

/** The credential of a sign-in that has just succeeded, ready to be stored (protocol 2.9, 4.2). */
export function toCredential({ provider, tokens, nowMs, replaces }: NewSignIn): ChatgptCredential {
  const { accountId } = readIdentity(decodeClaims(tokens.idToken.reveal()))
  return {
    mode: 'chatgpt',
    idToken: tokens.idToken,
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken,
    ...(accountId !== undefined && { accountId }),
    provenance: { issuer: provider.issuer, clientId: provider.clientId },
    loginOwnerId: randomBase64Url(32),
    lastRefreshMs: nowMs,
    ...derivedFrom(tokens.idToken, tokens.accessToken),
    ...(replaces?.document && { document: replaces.document }),
  }
}
