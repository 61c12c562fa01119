import type { ClientIdentity } from './client-identity.js'
import type { ChatgptCredential } from './credential.js'
import { isAuthError, type AuthError } from './errors.js'
import type { Fetch } from './network-failure.js'
import { processRevocationResponse, revocationRequest, type RevocationGrant } from './oauth/revocation.js'
import type { Provider } from './providers/provider.js'
import { requireChatgpt } from './require-chatgpt.js'
import type { Change, CredentialStore } from './store.js'

/** What was done here. */
export interface ForgetResult {
  /** False when nothing was stored, or when what is stored was kept. */
  readonly removed: boolean
}

/** What was done at the issuer. */
export interface RevocationResult {
  readonly revocation: 'revoked' | 'failed' | 'not-needed'
  /** Why the issuer did not revoke. The tokens may work elsewhere until they end. */
  readonly failure?: AuthError
}

/** What a sign-out really did. */
export interface SignOutResult extends ForgetResult, RevocationResult {}

/** What reaching the issuer takes. */
export interface RevokeOptions {
  readonly provider: Provider
  readonly identity: ClientIdentity
  readonly fetch: Fetch
}

/** What ending a sign-in takes. */
export interface SignOutOptions extends RevokeOptions {
  readonly store: CredentialStore
  /** What to revoke instead of what is stored, when the store lags behind. */
  readonly latest: (stored: ChatgptCredential) => ChatgptCredential
}

/** Upstream gives up after the same time (protocol 6). */
const revocationTimeoutMs = 10_000

const nothingStored: SignOutResult = { removed: false, revocation: 'not-needed' }

/** Revokes at the issuer, best effort, then forgets here in any case (protocol 6). Refuses to touch another tool's credential. */
export function signOut(options: SignOutOptions): Promise<SignOutResult> {
  return options.store.update(async (stored): Promise<Change<SignOutResult>> => {
    if (!stored) return { keep: true, result: nothingStored }
    const outcome = await revokeCredential(options.latest(requireChatgpt(stored, options.provider)), options)
    return { remove: true, result: { removed: true, ...outcome } }
  })
}

/** Forgets here and tells nobody: the session lives on at the issuer. Refuses to touch another tool's credential. */
export function forget({ store, provider }: Pick<SignOutOptions, 'store' | 'provider'>): Promise<ForgetResult> {
  return store.update(async (stored): Promise<Change<ForgetResult>> => {
    if (!stored) return { keep: true, result: { removed: false } }
    requireChatgpt(stored, provider)
    return { remove: true, result: { removed: true } }
  })
}

/** Revokes at the issuer, and forgets here only what the issuer has ended: a credential it did not revoke stays, to be tried again. */
export function revoke(options: SignOutOptions): Promise<SignOutResult> {
  return options.store.update(async (stored): Promise<Change<SignOutResult>> => {
    if (!stored) return { keep: true, result: nothingStored }
    const outcome = await revokeCredential(options.latest(requireChatgpt(stored, options.provider)), options)
    if (outcome.revocation === 'failed') return { keep: true, result: { removed: false, ...outcome } }
    return { remove: true, result: { removed: true, ...outcome } }
  })
}

/** Ends the session of a credential at its issuer, whether it is stored anywhere or not. A refusal is an outcome, not an error. */
export async function revokeCredential(
  credential: ChatgptCredential,
  options: RevokeOptions,
): Promise<RevocationResult> {
  const transport = { ...options, signal: AbortSignal.timeout(revocationTimeoutMs) }
  try {
    const { provider } = options
    const send = provider.ways?.revoke ?? revocationRequest
    await processRevocationResponse(await send(toGrant(credential, provider), transport))
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
