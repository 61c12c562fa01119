import { identityHeaders, type ClientIdentity } from './client-identity.js'
import { AuthError } from './errors.js'
import type { Provider } from './providers/provider.js'
import type { Secret } from './secret.js'
import { isLoopback } from './url.js'

/** What a request is signed with: a credential of ours, or as much of one as somebody else hands over. */
export interface Signer {
  readonly accessToken: Secret
  /** Sent as `ChatGPT-Account-ID`; a bearer-only token has none. */
  readonly accountId?: string
  /** Who issued the token; the provider's own issuer when that is not known. */
  readonly provenance?: { readonly issuer: string }
  readonly identity?: { readonly isFedramp: boolean }
}

/** Who signs, and for whom. */
interface SigningOptions {
  readonly provider: Provider
  readonly identity: ClientIdentity
}

/**
 * The headers that sign a request to the provider's backend, worked out once a credential: that is the costly part. Where they are sent is for
 * whoever sends them to answer for: to the origin of `backendUrl` and no other.
 *
 * @throws AuthError `ERR_TOKEN_WRONG_ORIGIN` for a credential of an issuer that is not the backend's own, `ERR_STORE_CORRUPT`
 */
export function createSigner({ provider, identity }: SigningOptions): (credential: Signer) => Headers {
  const signatures = new WeakMap<Signer, Headers>()
  return (credential) => {
    let signature = signatures.get(credential)
    if (!signature) {
      assertIssuer(credential, provider)
      signature = createSignature(credential, provider.ways ? {} : identityHeaders(identity))
      signatures.set(credential, signature)
    }
    return signature
  }
}

/** A test issuer's token stays on loopback, and a real one never goes there. */
function assertIssuer(credential: Signer, provider: Provider): void {
  const backend = new URL(provider.backendUrl)
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
