import type { AuthorizationAttempt, ClientIdentity, Provider } from '../core/index.js'
import { authorizeUrl, createPkce, createState } from '../core/oauth.js'

/** What an attempt is for. */
export interface AttemptOptions {
  readonly provider: Provider
  readonly identity: ClientIdentity
  /** Byte-identical in both legs (RFC 6749 4.1.3). */
  readonly redirectUri: string
  readonly allowedWorkspaceIds?: readonly string[] | undefined
}

/** The path of the redirect that is registered for the Codex client (protocol 2.2). */
export const callbackPath = '/auth/callback'

/** Starts an attempt: a new verifier and a new state, which no other attempt accepts (RFC 6749 10.12, protocol 2.1). */
export async function createAuthorizationAttempt(options: AttemptOptions): Promise<AuthorizationAttempt> {
  const { provider, identity, redirectUri, allowedWorkspaceIds } = options
  if (provider.ways) return provider.ways.begin(redirectUri)
  const { verifier, challenge } = await createPkce()
  const state = createState()
  const { originator } = identity
  const parameters = { redirectUri, challenge, state, originator, ...(allowedWorkspaceIds && { allowedWorkspaceIds }) }
  return {
    authorizeUrl: authorizeUrl(provider, parameters),
    redirectUri,
    state,
    toGrant: (code) => ({ code, verifier, redirectUri }),
  }
}
