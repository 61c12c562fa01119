import { platformFetch, type Fetch } from '../core/index.js'
import { readExtraAuthorities } from './certificate-authorities.js'
import { firstSet, proxyVariables, type NetworkEnvironment } from './environment.js'
import { toRoutedError } from './routed-error.js'
import { chosenProxy } from './chosen-proxy.js'
import { describeRoute } from './route.js'

/**
 * The fetch that everything goes through: by the proxies and with the certificate authorities that the environment names, which is read once.
 * With no variable set it is the platform's own. Nothing turns the verification of certificates off. Idle connections keep no process alive.
 *
 * What does not get through rejects with an `AuthError` that tells the way it took: `ERR_NETWORK_*`, or `ERR_CONFIG_PROXY` when a proxy for
 * plain http cannot be used. Everything else is as with the platform's fetch.
 *
 * @throws AuthError `ERR_CONFIG_CA_BUNDLE`, `ERR_CONFIG_PROXY`, before any connection
 */
export async function createTransport(environment: NetworkEnvironment): Promise<Fetch> {
  const variables = { ...environment }
  const authorities = await readExtraAuthorities(variables)
  // Nearly all requests are https: what is wrong with their way is said at the start.
  chosenProxy(variables, 'https:')
  const isPlain = !authorities && !firstSet(variables, proxyVariables) && variables.NODE_TLS_REJECT_UNAUTHORIZED !== '0'
  const send = isPlain ? platformFetch : await createRoutedFetch(variables, authorities ?? [])
  return async (input, init) => {
    try {
      return await send(input, init)
    } catch (error) {
      const url = input instanceof Request ? input.url : String(input)
      if (!URL.canParse(url)) throw error
      const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
      throw toRoutedError(error, url, describeRoute(variables, url), signal)
    }
  }
}

/** Node's own fetch can be told neither of proxies nor of authorities. */
async function createRoutedFetch(environment: NetworkEnvironment, authorities: readonly string[]): Promise<Fetch> {
  const [{ fetch }, { createDispatcher }] = await Promise.all([import('undici'), import('./dispatcher.js')])
  const dispatcher = createDispatcher(environment, authorities)
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
