import { Secret, type ClientIdentity, type Provider } from '../core/index.js'
import { authorizeUrl, createPkce, createState, type AuthorizationGrant } from '../core/oauth.js'

/** One try of a sign-in in a browser: what the callback and a paste are checked against. */
export interface AuthorizationAttempt {
  /** Where the person's browser starts. Holds the state and the challenge, never the verifier. */
  readonly authorizeUrl: URL
  readonly redirectUri: string
  readonly state: string
  /** What the code is exchanged with: the same redirect and the verifier of this attempt (RFC 7636 4.5). */
  toGrant(code: Secret): AuthorizationGrant
}

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
