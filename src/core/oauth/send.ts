import { identityHeaders, type ClientIdentity } from '../client-identity.js'
import { toNetworkError, type Fetch } from '../network-failure.js'
import { parseServiceUrl } from '../url.js'

/** What every protocol step needs to reach the issuer. */
export interface Transport {
  readonly fetch: Fetch
  readonly identity: ClientIdentity
  readonly signal?: AbortSignal | undefined
}

/**
 * POSTs JSON to the issuer. Redirects are not followed: the body carries secrets, which is also why a URL that is neither https nor loopback
 * is refused here, wherever it came from.
 *
 * @throws AuthError `ERR_CONFIG_URL`, `ERR_NETWORK_*`
 */
export function postJson(url: string, body: Record<string, string>, transport: Transport): Promise<Response> {
  return post(url, 'application/json', JSON.stringify(body), transport)
}

/** POSTs a form to the issuer (RFC 6749 4.1.3), under the same rules as `postJson`. */
export function postForm(url: string, fields: Record<string, string>, transport: Transport): Promise<Response> {
  return post(url, 'application/x-www-form-urlencoded', new URLSearchParams(fields).toString(), transport)
}

async function post(url: string, contentType: string, body: string, transport: Transport): Promise<Response> {
  parseServiceUrl(url, 'The issuer')
  const headers = { 'content-type': contentType, accept: 'application/json', ...identityHeaders(transport.identity) }
  try {
    return await transport.fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      ...(transport.signal && { signal: transport.signal }),
    })
  } catch (error) {
    throw toNetworkError(error, url, transport.signal)
  }
}
