import { createSecureContext } from 'node:tls'
import { Agent, buildConnector, Dispatcher, Pool, ProxyAgent } from 'undici'
import type { NetworkEnvironment } from './environment.js'
import { proxyUnreachable, refusedByProxy } from './routed-error.js'
import type { ProxyServer } from './chosen-proxy.js'
import { describeRoute } from './route.js'
import { trustedRoots } from './trusted-roots.js'

/** A proxy that says nothing for this long is not going to. */
const proxyTimeoutMs = 30_000

/**
 * Sends every request its own way, redirects included. undici's `EnvHttpProxyAgent` reads the variables of this process alone, knows neither
 * `ALL_PROXY` nor ranges of addresses, and lets https fall back to `HTTP_PROXY`; its `ProxyAgent` is what is used for each proxy.
 */
export function createDispatcher(environment: NetworkEnvironment, authorities: readonly string[]): Dispatcher {
  // Whatever NODE_TLS_REJECT_UNAUTHORIZED says. One context for all, since parsing the roots takes longer than a handshake.
  const tls = { secureContext: createSecureContext({ ca: trustedRoots(authorities) }), rejectUnauthorized: true }
  const direct = new Agent({ connect: tls })
  const agents = new Map<string, ProxyAgent>()
  return new RoutingDispatcher((origin) => {
    const { proxy } = describeRoute(environment, origin)
    if (!proxy) return direct
    const agent = agents.get(proxy.variable) ?? createProxyAgent(proxy, tls)
    agents.set(proxy.variable, agent)
    return agent
  })
}

class RoutingDispatcher extends Dispatcher {
  readonly #dispatcherFor: (origin: string) => Dispatcher
  /** The way that was taken last, which most requests take again. */
  #last: { readonly origin: string; readonly dispatcher: Dispatcher } | undefined

  constructor(dispatcherFor: (origin: string) => Dispatcher) {
    super()
    this.#dispatcherFor = dispatcherFor
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const origin = String(options.origin ?? '')
    if (this.#last?.origin !== origin) this.#last = { origin, dispatcher: this.#dispatcherFor(origin) }
    return this.#last.dispatcher.dispatch(options, handler)
  }
}

function createProxyAgent(proxy: ProxyServer, tls: buildConnector.BuildOptions): ProxyAgent {
  return new ProxyAgent({
    uri: proxy.origin,
    ...(proxy.authorization && { token: proxy.authorization.reveal() }),
    // Plain http is asked for by its whole URL (RFC 9112 3.2.2): many proxies tunnel to port 443 alone.
    proxyTunnel: false,
    requestTls: tls,
    clientFactory: (origin) => createProxyPool(proxy, origin, tls),
  })
}

/** The connections to a proxy, on which it is asked for tunnels. What goes wrong here is between us and the proxy, and is said so. */
function createProxyPool(proxy: ProxyServer, origin: URL, tls: buildConnector.BuildOptions): Dispatcher {
  const connectTo = buildConnector(tls)
  // undici would take an address for a server name, which it is not (RFC 6066 3); left to itself, the connector does not.
  const connect: buildConnector.connector = (options, done) => connectTo({ ...options, servername: '' }, done)
  const pool = new Pool(origin, { connect, headersTimeout: proxyTimeoutMs })
  const askForTunnel = pool.connect.bind(pool)
  const openTunnel = async (parameters: Dispatcher.ConnectOptions) => {
    const answer = await askForTunnel(parameters).catch((error: unknown) => {
      throw proxyUnreachable(proxy, parameters.path, error)
    })
    if (answer.statusCode === 200) return answer
    answer.socket.on('error', () => {}).destroy()
    throw refusedByProxy(proxy, parameters.path, answer.statusCode)
  }
  return Object.assign(pool, { connect: openTunnel })
}
