import type { TokenSet } from '../credential.js'
import { readFailedResponse } from '../failed-response.js'
import { classifyFailure } from '../failure-table.js'
import { readText } from '../network-failure.js'
import { endpointsOf } from '../providers/codex.js'
import type { Provider } from '../providers/provider.js'
import type { Secret } from '../secret.js'
import { exchangeFailures } from './issuer-failures.js'
import type { Pkce } from './pkce.js'
import { postForm, type Transport } from './send.js'
import { parseTokenSet, requireWholeTokenSet } from './token-response.js'

/** What one sign-in in a browser adds to what the provider says. */
export interface AuthorizeParameters {
  readonly redirectUri: string
  readonly challenge: Pkce['challenge']
  readonly state: string
  readonly originator: string
  /** Restricts the sign-in to these workspaces; all in one parameter (protocol 2.2). */
  readonly allowedWorkspaceIds?: readonly string[]
}

/** Where a person's browser starts the sign-in (RFC 6749 4.1.1, RFC 7636 4.3; parameters as in protocol 2.2). */
export function authorizeUrl(provider: Provider, parameters: AuthorizeParameters): URL {
  const url = new URL(endpointsOf(provider.issuer).authorize)
  const query = {
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: parameters.redirectUri,
    code_challenge: parameters.challenge,
    code_challenge_method: 'S256',
    state: parameters.state,
    scope: provider.scope,
    id_token_add_organizations: 'true',
    codex_cli_simplified_flow: 'true',
    originator: parameters.originator,
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  const { allowedWorkspaceIds } = parameters
  if (allowedWorkspaceIds?.length) url.searchParams.set('allowed_workspace_id', allowedWorkspaceIds.join(','))
  return url
}

/** An approved sign-in, not yet exchanged for tokens. */
export interface AuthorizationGrant {
  readonly code: Secret
  readonly verifier: Secret
  /** Byte-identical to the one the code was issued for. */
  readonly redirectUri: string
}

/** Exchanges an authorization code (RFC 6749 4.1.3, protocol 2.5). Sent once: the code may be spent even when the answer is lost. */
export function authorizationCodeRequest(
  provider: Provider,
  grant: AuthorizationGrant,
  transport: Transport,
): Promise<Response> {
  const fields = {
    grant_type: 'authorization_code',
    client_id: provider.clientId,
    code: grant.code.reveal(),
    redirect_uri: grant.redirectUri,
    code_verifier: grant.verifier.reveal(),
  }
  return postForm(endpointsOf(provider.issuer).token, fields, transport)
}

/**
 * @throws AuthError `ERR_SIGN_IN_FAILED` when the issuer refuses the code, `ERR_UPSTREAM_BAD_RESPONSE`, `ERR_UPSTREAM_EDGE_BLOCKED`
 */
export async function processAuthorizationCodeResponse(response: Response): Promise<Required<TokenSet>> {
  if (response.ok) return requireWholeTokenSet(parseTokenSet(await readText(response)))
  throw classifyFailure(exchangeFailures, await readFailedResponse(response))
}
