import { chosenAuthorities, type AuthoritiesFile } from './certificate-authorities.js'
import { firstSet, type NetworkEnvironment } from './environment.js'
import { findNoProxyEntry, isOnLoopback } from './no-proxy.js'
import { chosenProxy, type ProxyServer } from './chosen-proxy.js'

/** How requests to a URL travel, and why. Nothing in it is a secret, once printed. */
export interface Route {
  /** None when they go straight to the host. */
  readonly proxy?: ProxyServer
  /** Why there is no proxy, as a clause: `NO_PROXY has example.com`. */
  readonly whyDirect?: string
  /** Who may vouch for the host besides the system's authorities. */
  readonly authorities?: AuthoritiesFile
}

/**
 * The way that the transport of this environment takes to a URL.
 *
 * @throws AuthError `ERR_CONFIG_PROXY` when the way leads through a proxy that cannot be used
 */
export function describeRoute(environment: NetworkEnvironment, url: string | URL): Route {
  const target = new URL(url)
  const authorities = chosenAuthorities(environment)
  const whyDirect = whyExcluded(environment, target)
  const proxy = whyDirect === undefined ? chosenProxy(environment, target.protocol) : undefined
  return {
    ...(proxy
      ? { proxy }
      : { whyDirect: whyDirect ?? `no variable names a proxy for ${target.protocol.slice(0, -1)}` }),
    ...(authorities && { authorities }),
  }
}

/** The way in words, to go on a sentence with: `through the proxy proxy.example:3128 (HTTPS_PROXY)`. */
export function routeInWords({ proxy, whyDirect = '', authorities }: Route): string {
  const way = proxy ? `through the proxy ${proxy.host} (${proxy.variable})` : `directly (${whyDirect})`
  return authorities ? `${way}, trusting the authorities of ${authorities.variable} too` : way
}

function whyExcluded(environment: NetworkEnvironment, url: URL): string | undefined {
  if (isOnLoopback(url)) return 'loopback never goes through a proxy'
  const list = firstSet(environment, ['no_proxy', 'NO_PROXY'])
  const entry = list && findNoProxyEntry(list.value, url)
  return entry === undefined ? undefined : `${list?.variable} has ${entry}`
}
