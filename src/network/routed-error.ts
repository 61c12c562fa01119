import { AuthError, causesOf, codeOf, isAuthError, toNetworkError, type ErrorCode } from '../core/index.js'
import type { ProxyServer } from './chosen-proxy.js'
import { routeInWords, type Route } from './route.js'

/** What can be done, by the code of a cause. The table of all errors knows only the kind. */
const adviceByCause = new Map([
  [
    'CERT_HAS_EXPIRED',
    'Check the clock of this machine; if it is right, the certificate has to be renewed by its owner.',
  ],
  ['CERT_NOT_YET_VALID', 'Check the clock of this machine.'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'Something else answers in its name: check the address and what lies on the way.'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'There is no TLS at the other end: check whether it is http or https.'],
  ['EPROTO', 'There is no TLS at the other end: check whether it is http or https.'],
])

/**
 * A request that did not get through, with the way it took. What is no failure of the network is passed on as it is, and so is an abort.
 *
 * @param signal What the request was sent with.
 */
export function toRoutedError(error: unknown, url: string, route: Route, signal: AbortSignal | undefined): unknown {
  const causes = causesOf(error)
  const ours = causes.find(isAuthError)
  if (ours) return ours
  // What else a fetch throws is about its arguments.
  if (!causes.some(({ name, message }) => name === 'TimeoutError' || message === 'fetch failed')) return error
  const failure = toNetworkError(error, url, signal)
  if (!isAuthError(failure)) return failure
  const summary = `${failure.summary.replace(/\.$/, '')}, ${routeInWords(route)}.`
  return new AuthError(failure.code, summary, { cause: error, advice: adviceFor(causes, failure, route) })
}

/** The proxy itself was not reached. */
export function proxyUnreachable(proxy: ProxyServer, target: string, error: unknown): unknown {
  const failure = toNetworkError(error, proxy.origin)
  if (!isAuthError(failure)) return failure
  const checkProxy = `Check that the proxy runs, and that ${proxy.variable} says where.`
  const advice = adviceByCodes(causesOf(error)) ?? (failure.code === 'ERR_NETWORK_TLS' ? failure.advice : checkProxy)
  const summary = `The way to ${target} leads through a proxy (${proxy.variable}): ${failure.summary}`
  return new AuthError(failure.code, summary, { cause: error, advice })
}

/** The proxy was reached and opens no tunnel (RFC 9110 9.3.6). */
export function refusedByProxy(proxy: ProxyServer, target: string, status: number): AuthError {
  const [code, advice] = refusal(proxy, status)
  const summary = `The proxy ${proxy.host} (${proxy.variable}) does not let us through to ${target} (status ${status}).`
  return new AuthError(code, summary, { advice })
}

function refusal({ variable, authorization }: ProxyServer, status: number): [code: ErrorCode, advice: string] {
  if (status >= 500) return ['ERR_NETWORK_UNREACHABLE', 'It has trouble getting there itself: try again in a moment.']
  if (status !== 407)
    return ['ERR_NETWORK_PROXY', 'Ask whoever runs it to allow this host, or go past it with NO_PROXY.']
  if (authorization) return ['ERR_NETWORK_PROXY', `Check the user name and the password in ${variable}.`]
  return ['ERR_NETWORK_PROXY', `Put your user name and password into ${variable}: http://user:password@host:port.`]
}

function adviceFor(causes: readonly Error[], { code, advice }: AuthError, { proxy }: Route): string {
  const exact = adviceByCodes(causes)
  if (exact !== undefined) return exact
  if (code === 'ERR_NETWORK_TLS' || proxy) return advice
  return `${advice} Where only a proxy leads out, name it in HTTPS_PROXY.`
}

function adviceByCodes(causes: readonly Error[]): string | undefined {
  return causes.map((cause) => adviceByCause.get(codeOf(cause))).find((advice) => advice !== undefined)
}
