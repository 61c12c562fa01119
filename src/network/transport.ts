import { platformFetch, type Fetch } from '../core/index.js'
import { readExtraAuthorities } from './certificate-authorities.js'

/** The variables that decide how this process reaches the network. */
export interface NetworkEnvironment {
  readonly CODEX_CA_CERTIFICATE?: string | undefined
  readonly SSL_CERT_FILE?: string | undefined
}

/**
 * The fetch that everything goes through. With no variable set it is the platform's own; otherwise connections trust the named certificate
 * authorities besides the built-in roots. There is no way to turn verification off.
 *
 * @throws AuthError `ERR_CONFIG_CA_BUNDLE`, before any connection
 */
export async function createTransport(environment: NetworkEnvironment): Promise<Fetch> {
  const authorities = await readExtraAuthorities(environment)
  if (!authorities) return platformFetch
  const [{ Agent, fetch }, { rootCertificates }] = await Promise.all([import('undici'), import('node:tls')])
  const dispatcher = new Agent({ connect: { ca: [...rootCertificates, ...authorities] } })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- undici's types and the platform's describe the same standard under other names
  const fetchThrough = fetch as unknown as (input: unknown, init: unknown) => Promise<Response>
  return (input, init) => {
    const plain = toPlain(input, init)
    return fetchThrough(plain.input, { ...plain.init, dispatcher })
  }
}

/** undici knows its own `Request` and `FormData` alone, so the platform's are taken apart into what both know. */
function toPlain(input: string | URL | Request, init: RequestInit | undefined) {
  if (!(input instanceof Request) && !(init?.body instanceof FormData)) return { input, init }
  const { url, method, headers, body, signal, redirect } = new Request(input, init)
  return { input: url, init: { method, headers, body, signal, redirect, ...(body && { duplex: 'half' }) } }
}
