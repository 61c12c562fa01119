import { toNetworkError, type Clock } from '../core/index.js'
import type { RevocationGrant } from '../core/oauth.js'
import { discoverIssuer } from './issuer-metadata.js'
import { postForm, type IssuerTransport } from './send.js'

/** How long is waited after the first and the second failure. */
const pausesMs = [500, 1000]

/**
 * Ends a session (RFC 7009 2.1, siwc 5): a form to the endpoint that discovery names. Tried three times while the issuer has problems of its own or
 * its answer is lost, since what has ended already may be ended again; the registration is not touched by it.
 *
 * @throws AuthError `ERR_UPSTREAM_*`, `ERR_NETWORK_*`
 */
export async function sendRevocation(
  grant: RevocationGrant,
  transport: IssuerTransport,
  clock: Pick<Clock, 'sleep'>,
): Promise<Response> {
  const { revocationEndpoint } = await discoverIssuer(grant.issuer, transport)
  const fields = { token: grant.token.reveal(), token_type_hint: grant.kind, client_id: grant.clientId }
  const post = () => postForm(revocationEndpoint, fields, transport)
  for (const pauseMs of pausesMs) {
    const response = await unlessLost(post, transport)
    if (response && response.status < 500) return response
    // Read to its end, so that its connection is there for the next try.
    await response?.text().catch(() => undefined)
    // A deadline that passes meanwhile is what it is while a request is on its way.
    await clock.sleep(pauseMs, transport.signal).catch((error: unknown) => {
      throw toNetworkError(error, revocationEndpoint, transport.signal)
    })
  }
  return post()
}

/** `undefined` where there was no answer, unless the time for it is up. */
async function unlessLost(post: () => Promise<Response>, { signal }: IssuerTransport): Promise<Response | undefined> {
  try {
    return await post()
  } catch (error) {
    if (signal?.aborted) throw error
    return undefined
  }
}
