import { AuthError, Secret } from '../core/index.js'
import { firstSet, type NetworkEnvironment, type ProxyVariable } from './environment.js'

/** A proxy, and the variable that named it. */
export interface ProxyServer {
  readonly variable: ProxyVariable
  /** For people: without a user name or a password. */
  readonly host: string
  readonly origin: string
  /** What it is told about us, as the value of `Proxy-Authorization`; it goes nowhere else. */
  readonly authorization?: Secret
}

/**
 * The proxy for URLs of this protocol. As with curl, lower case comes first, and a variable of the protocol before one for all; https does not
 * fall back to `HTTP_PROXY`. Under CGI, `HTTP_PROXY` is a header that anybody could have sent (https://httpoxy.org).
 *
 * @throws AuthError `ERR_CONFIG_PROXY` naming the variable and never its value
 */
export function chosenProxy(environment: NetworkEnvironment, protocol: string): ProxyServer | undefined {
  const chosen = firstSet(environment, protocol === 'https:' ? forHttps : forHttp(environment))
  return chosen && parseProxy(chosen.variable, chosen.value)
}

const forHttps = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'] as const

function forHttp({ REQUEST_METHOD }: NetworkEnvironment): readonly ProxyVariable[] {
  return REQUEST_METHOD
    ? ['http_proxy', 'all_proxy', 'ALL_PROXY']
    : ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY']
}

function parseProxy(variable: ProxyVariable, value: string): ProxyServer {
  const text = value.includes('://') ? value : `http://${value}`
  if (/^socks/i.test(text)) throw unusable(variable, 'names a SOCKS proxy, and only http and https ones can be used')
  const url = URL.canParse(text) ? new URL(text) : undefined
  // A `/`, `?` or `#` in a password that is not encoded ends the host too early.
  if (!url || !['http:', 'https:'].includes(url.protocol) || /[^/]/.test(url.pathname + url.search + url.hash)) {
    throw unusable(variable, 'is not the URL of an http or https proxy')
  }
  const { protocol, hostname, port, origin } = url
  const authorization = readAuthorization(variable, url)
  const host = `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
  return { variable, host, origin, ...(authorization && { authorization }) }
}

/** RFC 7617: user name and password, in UTF-8. */
function readAuthorization(variable: ProxyVariable, { username, password }: URL): Secret | undefined {
  if (!username && !password) return undefined
  try {
    const userAndPassword = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    return new Secret(`Basic ${Buffer.from(userAndPassword).toString('base64')}`)
  } catch {
    throw unusable(variable, 'has a user name or a password that is not percent-encoded')
  }
}

function unusable(variable: ProxyVariable, why: string): AuthError {
  return new AuthError('ERR_CONFIG_PROXY', `${variable} ${why}.`, {
    advice: `Write it as http://host:port or http://user:password@host:port with special characters percent-encoded, or unset ${variable}.`,
  })
}
