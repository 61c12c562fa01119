import { describe, expect, it } from 'vitest'
import { AuthError, isAuthError } from '../../src/core/index.js'
import { proxyUnreachable, toRoutedError } from '../../src/network/routed-error.js'
import { describeRoute } from '../../src/network/index.js'
import { jwt } from '../support/jwt.js'

const url = 'https://auth.example.test/oauth/token'
const direct = describeRoute({}, url)
const proxied = describeRoute({ HTTPS_PROXY: 'http://ada:passw0rd@proxy.example:3128', SSL_CERT_FILE: '/ca.pem' }, url)

const fetchFailed = (code: string, message: string) =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) })

function explained(error: unknown, route = direct): AuthError {
  const failure = toRoutedError(error, url, route, undefined)
  if (!isAuthError(failure)) throw new Error('This was not taken for a failure of the network.')
  return failure
}

describe('a request that did not get through', () => {
  it.each([
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND auth.example.test', 'ERR_NETWORK_UNREACHABLE', 'Where only a proxy leads out'],
    ['EAI_AGAIN', 'getaddrinfo EAI_AGAIN auth.example.test', 'ERR_NETWORK_UNREACHABLE', 'Where only a proxy leads out'],
    ['ECONNREFUSED', 'connect ECONNREFUSED 192.0.2.1:443', 'ERR_NETWORK_UNREACHABLE', 'Check the connection'],
    ['ECONNRESET', 'read ECONNRESET', 'ERR_NETWORK_UNREACHABLE', 'Check the connection'],
    ['UND_ERR_SOCKET', 'other side closed', 'ERR_NETWORK_UNREACHABLE', 'Check the connection'],
    ['ETIMEDOUT', 'connect ETIMEDOUT 192.0.2.1:443', 'ERR_NETWORK_TIMEOUT', 'Try again'],
    ['UND_ERR_CONNECT_TIMEOUT', 'Connect Timeout Error', 'ERR_NETWORK_TIMEOUT', 'Try again'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain', 'ERR_NETWORK_TLS', 're-signs TLS'],
    ['CERT_HAS_EXPIRED', 'certificate has expired', 'ERR_NETWORK_TLS', 'the clock of this machine'],
    ['CERT_NOT_YET_VALID', 'certificate is not yet valid', 'ERR_NETWORK_TLS', 'the clock of this machine'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'Host: x is not in the altnames', 'ERR_NETWORK_TLS', 'answers in its name'],
    ['EPROTO', 'write EPROTO wrong version number', 'ERR_NETWORK_TLS', 'whether it is http or https'],
  ])('for %s says so in words, which way it took, and what to do', (code, message, expected, advice) => {
    const error = explained(fetchFailed(code, message))
    const words = message.includes(code) ? message : `${message} [${code}]`
    expect(error.code).toBe(expected)
    expect(error.summary).toBe(
      `auth.example.test could not be reached (${words}), directly (no variable names a proxy for https).`,
    )
    expect(error.advice).toContain(advice)
    expect(explained(fetchFailed(code, message), proxied).summary).toBe(
      `auth.example.test could not be reached (${words}), through the proxy proxy.example:3128 (HTTPS_PROXY), ` +
        'trusting the authorities of SSL_CERT_FILE too.',
    )
  })

  it('before the proxy is told from one behind it', () => {
    const { proxy } = proxied
    if (!proxy) throw new Error('The test needs a proxy.')
    const error = proxyUnreachable(
      proxy,
      'auth.example.test:443',
      Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
    )
    expect(error).toMatchObject({
      summary:
        'The way to auth.example.test:443 leads through a proxy (HTTPS_PROXY): proxy.example:3128 could not be reached (read ECONNRESET).',
      advice: 'Check that the proxy runs, and that HTTPS_PROXY says where.',
    })
    expect(explained(new TypeError('fetch failed', { cause: error }), proxied)).toBe(error)
  })

  it('repeats no token that a cause quotes', () => {
    const token = jwt({ sub: 'ada' })
    expect(explained(fetchFailed('UND_ERR_SOCKET', `bad header: ${token}`)).message).not.toContain(token)
  })
})

describe('what is no failure of the network', () => {
  it.each([
    ['an abort', AbortSignal.abort().reason as unknown],
    ['a mistake in the arguments', new TypeError('duplex is missing')],
    ['an error of our own', new AuthError('ERR_TOKEN_EXPIRED', '.')],
    ['what is no error', 'a string'],
  ])('is passed on as it is: %s', (_, error) => expect(toRoutedError(error, url, direct, undefined)).toBe(error))

  it('is an abort while the proxy is asked', () => {
    const abort: unknown = AbortSignal.abort().reason
    expect(proxied.proxy && proxyUnreachable(proxied.proxy, 'auth.example.test:443', abort)).toBe(abort)
  })
})
