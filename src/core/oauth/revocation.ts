import { discardBody } from '../discard-body.js'
import { readFailedResponse } from '../failed-response.js'
import { classifyFailure } from '../failure-table.js'
import { endpointsOf } from '../providers/codex.js'
import type { Secret } from '../secret.js'
import { revocationFailures } from './issuer-failures.js'
import { postJson, type Transport } from './send.js'

/** A token whose session is to end, and where. */
export interface RevocationGrant {
  readonly issuer: string
  readonly clientId: string
  readonly token: Secret
  readonly kind: 'refresh_token' | 'access_token'
}

/** Ends a session at the issuer (RFC 7009 2.1, as JSON: protocol 6). Upstream names the client for refresh tokens only. */
export function revocationRequest(grant: RevocationGrant, transport: Transport): Promise<Response> {
  const body = {
    token: grant.token.reveal(),
    token_type_hint: grant.kind,
    ...(grant.kind === 'refresh_token' && { client_id: grant.clientId }),
  }
  return postJson(endpointsOf(grant.issuer).revoke, body, transport)
}

/** Any 2xx is success (protocol 6). @throws AuthError `ERR_UPSTREAM_UNAVAILABLE`, `ERR_UPSTREAM_EDGE_BLOCKED` */
export async function processRevocationResponse(response: Response): Promise<void> {
  if (response.ok) return discardBody(response)
  throw classifyFailure(revocationFailures, await readFailedResponse(response))
}
