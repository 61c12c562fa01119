import type { ClientIdentity } from './client-identity.js'
import type { ChatgptCredential } from './credential.js'
import { isAuthError, type AuthError } from './errors.js'
import type { Fetch } from './network-failure.js'
import { processRevocationResponse, revocationRequest, type RevocationGrant } from './oauth/revocation.js'
import type { Provider } from './providers/codex.js'
import { requireChatgpt } from './require-chatgpt.js'
import type { Change, CredentialStore } from './store.js'

/** What a sign-out really did. */
export interface SignOutResult {
  /** False when nothing was stored. */
  readonly removed: boolean
  readonly revocation: 'revoked' | 'failed' | 'not-needed'
  /** Why the issuer did not revoke. The tokens may work elsewhere until they end. */
  readonly failure?: AuthError
}

export interface SignOutOptions {
  readonly store: CredentialStore
  readonly provider: Provider
  readonly identity: ClientIdentity
  readonly fetch: Fetch
}

/** Upstream gives up after the same time (protocol 6). */
const revocationTimeoutMs = 10_000

/** Revokes at the issuer, best effort, then forgets here in any case (protocol 6). Refuses to touch another tool's credential. */
export function signOut(options: SignOutOptions): Promise<SignOutResult> {
  return options.store.update(async (stored): Promise<Change<SignOutResult>> => {
    if (!stored) return { keep: true, result: { removed: false, revocation: 'not-needed' } }
    const outcome = await revoke(requireChatgpt(stored), options)
    return { remove: true, result: { removed: true, ...outcome } }
  })
}

async function revoke(
  credential: ChatgptCredential,
  options: SignOutOptions,
): Promise<Pick<SignOutResult, 'revocation' | 'failure'>> {
  const transport = { ...options, signal: AbortSignal.timeout(revocationTimeoutMs) }
  try {
    await processRevocationResponse(await revocationRequest(toGrant(credential, options.provider), transport))
    return { revocation: 'revoked' }
  } catch (error) {
    if (!isAuthError(error)) throw error
    return { revocation: 'failed', failure: error }
  }
}

/** The refresh token, which ends the whole session; else the access token. To the issuer that gave it, and to no other. */
function toGrant(credential: ChatgptCredential, provider: Provider): RevocationGrant {
  const { provenance, refreshToken, accessToken } = credential
  const issuer = provenance?.issuer ?? provider.issuer
  const clientId = provenance?.clientId ?? provider.clientId
  return refreshToken
    ? { issuer, clientId, token: refreshToken, kind: 'refresh_token' }
    : { issuer, clientId, token: accessToken, kind: 'access_token' }
}
