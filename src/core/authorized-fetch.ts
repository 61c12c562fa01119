import type { ClientIdentity } from './client-identity.js'
import { discardBody } from './discard-body.js'
import { AuthError } from './errors.js'
import { toNetworkError, type Fetch } from './network-failure.js'
import type { Provider } from './providers/provider.js'
import type { Recovery } from './recovery.js'
import { createSigner, type Signer } from './request-signature.js'
import { parseServiceUrl } from './url.js'
import { waitFor } from './wait-for.js'

/** What a signing `fetch` is made of. */
export interface AuthorizedFetchOptions<Signing extends Signer> {
  readonly provider: Provider
  readonly identity: ClientIdentity
  readonly fetch: Fetch
  /** The credential to sign with. */
  readonly credential: (signal: AbortSignal | undefined) => Promise<Signing>
  /** How one request recovers from a 401; without it, a 401 is final. */
  readonly startRecovery?: () => Recovery<Signing>
}

/**
 * A `fetch` that signs requests for the credential's own backend and refuses every other address, redirects included.
 *
 * @throws AuthError `ERR_CONFIG_URL` at once for a backend that is neither https nor loopback; `ERR_TOKEN_WRONG_ORIGIN`,
 *   `ERR_UPSTREAM_REDIRECT`, `ERR_NETWORK_*`, `ERR_STORE_CORRUPT` and what `credential` and the recovery throw from what it returns
 */
export function createAuthorizedFetch<Signing extends Signer>(options: AuthorizedFetchOptions<Signing>): Fetch {
  const { backendUrl, ways } = options.provider
  const backend = parseServiceUrl(backendUrl, 'The backend URL')
  const paths = ways && Object.values(ways.paths).map((path) => backendUrl + path)
  const signatureOf = createSigner(options)

  async function send(credential: Signer, input: string | URL | Request, init: RequestInit): Promise<Response> {
    const given = init.headers ?? (input instanceof Request ? input.headers : undefined)
    const headers = sign(signatureOf(credential), given)
    try {
      return rejectRedirect(await options.fetch(input, { ...init, headers, redirect: 'manual' }))
    } catch (error) {
      throw toNetworkError(error, backend.href, signalOf(input, init))
    }
  }

  return async (input, init = {}) => {
    assertAudience(new URL(input instanceof Request ? input.url : input), backend, paths)
    const signal = signalOf(input, init)
    let credential = await options.credential(signal)
    let response = await send(credential, input, init)
    if (response.status !== 401 || !options.startRecovery || !isReplayable(input, init)) return response
    const recover = options.startRecovery()
    do {
      const rejected = credential
      const next = await waitFor(() => recover(rejected), signal).catch((error: unknown) => {
        // An answer that nobody will read must not hold its connection.
        discardBody(response)
        throw error
      })
      if (!next) break
      discardBody(response)
      credential = next
      response = await send(credential, input, init)
    } while (response.status === 401)
    return response
  }
}

function signalOf(input: string | URL | Request, init: RequestInit): AbortSignal | undefined {
  return init.signal ?? (input instanceof Request ? input.signal : undefined)
}

/** A token leaves for its own backend only, and where that takes it in few places, for these only. */
function assertAudience(url: URL, backend: URL, paths: readonly string[] | undefined): void {
  const isServed = !paths || paths.includes(url.origin + url.pathname)
  if (url.origin !== backend.origin || url.username || url.password || !isServed) {
    throw new AuthError('ERR_TOKEN_WRONG_ORIGIN', `A ChatGPT token is not for ${url.host}.`)
  }
}

/** The signature, over whatever the caller set under the same names. */
function sign(signature: Headers, given: RequestInit['headers']): Headers {
  const headers = new Headers(given)
  signature.forEach((value, name) => headers.set(name, value))
  return headers
}

function rejectRedirect(response: Response): Response {
  const isRedirect =
    response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400 && response.status !== 304)
  if (!isRedirect) return response
  discardBody(response)
  throw new AuthError('ERR_UPSTREAM_REDIRECT', 'The backend answered with a redirect.')
}

/** A stream, the web's or Node's, can be sent once; everything else can be sent again as it is. */
function isReplayable(input: string | URL | Request, init: RequestInit): boolean {
  const body = init.body ?? (input instanceof Request ? input.body : undefined)
  if (typeof body !== 'object' || body === null) return true
  return !(body instanceof ReadableStream) && !(Symbol.asyncIterator in body)
}
