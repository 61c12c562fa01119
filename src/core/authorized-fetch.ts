import { identityHeaders, type ClientIdentity } from './client-identity.js'
import { discardBody } from './discard-body.js'
import { AuthError } from './errors.js'
import { toNetworkError, type Fetch } from './network-failure.js'
import type { Provider } from './providers/provider.js'
import type { Recovery } from './recovery.js'
import type { Secret } from './secret.js'
import { isLoopback, parseServiceUrl } from './url.js'
import { waitFor } from './wait-for.js'

/** What a request is signed with: a credential of ours, or as much of one as somebody else hands over. */
export interface Signer {
  readonly accessToken: Secret
  /** Sent as `ChatGPT-Account-ID`; a bearer-only token has none. */
  readonly accountId?: string
  /** Who issued the token; the provider's own issuer when that is not known. */
  readonly provenance?: { readonly issuer: string }
  readonly identity?: { readonly isFedramp: boolean }
}

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
  const { provider } = options
  const backend = parseServiceUrl(provider.backendUrl, 'The backend URL')
  const paths = provider.ways && Object.values(provider.ways.paths).map((path) => provider.backendUrl + path)
  const signatures = new WeakMap<Signer, Headers>()

  /** Worked out once a credential: it is the costly part of signing a request. */
  function signatureOf(credential: Signer): Headers {
    const known = signatures.get(credential)
    if (known) return known
    assertIssuer(credential, provider, backend)
    const signature = createSignature(credential, paths ? {} : identityHeaders(options.identity))
    signatures.set(credential, signature)
    return signature
  }

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
      const next = await orDiscard(response, () => waitFor(() => recover(rejected), signal))
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

/** A test issuer's token stays on loopback, and a real one never goes there. */
function assertIssuer(credential: Signer, provider: Provider, backend: URL): void {
  const issuer = new URL(credential.provenance?.issuer ?? provider.issuer)
  if (isLoopback(issuer) !== isLoopback(backend)) {
    throw new AuthError('ERR_TOKEN_WRONG_ORIGIN', `A token of ${issuer.host} is not for ${backend.host}.`)
  }
}

/** The headers of protocol 9. */
function createSignature(credential: Signer, names: Record<string, string>): Headers {
  const headers = new Headers(names)
  try {
    headers.set('authorization', `Bearer ${credential.accessToken.reveal()}`)
    if (credential.accountId !== undefined) headers.set('chatgpt-account-id', credential.accountId)
  } catch {
    // The platform's error quotes the value, so it goes no further.
    throw new AuthError('ERR_STORE_CORRUPT', 'The stored access token or account id cannot stand in a header.')
  }
  if (credential.identity?.isFedramp) headers.set('x-openai-fedramp', 'true')
  return headers
}

/** The signature, over whatever the caller set under the same names. */
function sign(signature: Headers, given: RequestInit['headers']): Headers {
  if (!given) return new Headers(signature)
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

/** An answer that nobody will read must not hold its connection. */
async function orDiscard<Result>(response: Response, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    discardBody(response)
    throw error
  }
}

/** A stream, the web's or Node's, can be sent once; everything else can be sent again as it is. */
function isReplayable(input: string | URL | Request, init: RequestInit): boolean {
  const body = init.body ?? (input instanceof Request ? input.body : undefined)
  if (typeof body !== 'object' || body === null) return true
  return !(body instanceof ReadableStream) && !(Symbol.asyncIterator in body)
}
