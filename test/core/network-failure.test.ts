import { describe, expect, it } from 'vitest'
import { AuthError, isAuthError, toNetworkError } from '../../src/core/index.js'
import { jwt } from '../support/jwt.js'

const url = 'https://auth.example.test/oauth/token'
const fetchFailed = (code: string, message = '') =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) })

function explained(error: unknown): AuthError {
  const network = toNetworkError(error, url)
  if (!isAuthError(network)) throw new Error('This was not taken for a network failure.')
  return network
}

it.each([
  ['ECONNREFUSED', 'ERR_NETWORK_UNREACHABLE'],
  ['ENOTFOUND', 'ERR_NETWORK_UNREACHABLE'],
  ['UND_ERR_SOCKET', 'ERR_NETWORK_UNREACHABLE'],
  ['constructor', 'ERR_NETWORK_UNREACHABLE'],
  ['UND_ERR_CONNECT_TIMEOUT', 'ERR_NETWORK_TIMEOUT'],
  ['ETIMEDOUT', 'ERR_NETWORK_TIMEOUT'],
  ['UND_ERR_HEADERS_TIMEOUT', 'ERR_NETWORK_TIMEOUT'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'ERR_NETWORK_TLS'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'ERR_NETWORK_TLS'],
  ['CERT_HAS_EXPIRED', 'ERR_NETWORK_TLS'],
  ['CERT_NOT_YET_VALID', 'ERR_NETWORK_TLS'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_NETWORK_TLS'],
  ['EPROTO', 'ERR_NETWORK_TLS'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_NETWORK_TLS'],
])('takes %s for %s, and names the host and the cause', (code, expected) => {
  const error = explained(fetchFailed(code))
  expect(error.code).toBe(expected)
  expect(error.message).toContain('auth.example.test')
  expect(error.message).toContain(code)
  expect(error.cause).toBeInstanceOf(TypeError)
})

it('says each cause in its own words, with the code where they lack it', () => {
  const summaryOf = (error: unknown) => explained(error).summary
  expect(summaryOf(fetchFailed('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:9'))).toBe(
    'auth.example.test could not be reached (connect ECONNREFUSED 127.0.0.1:9).',
  )
  expect(summaryOf(fetchFailed('CERT_HAS_EXPIRED', 'certificate has expired'))).toContain(
    '(certificate has expired [CERT_HAS_EXPIRED])',
  )
  expect(summaryOf(fetchFailed('ECONNREFUSED'))).toContain('(ECONNREFUSED)')
  expect(summaryOf(new TypeError('fetch failed'))).toContain('(fetch failed)')
})

it('takes a timeout for one, and whatever else is thrown for an unreachable host', () => {
  expect(explained(new DOMException('late', 'TimeoutError')).code).toBe('ERR_NETWORK_TIMEOUT')
  expect(explained('a string').code).toBe('ERR_NETWORK_UNREACHABLE')
  expect(explained(undefined).code).toBe('ERR_NETWORK_UNREACHABLE')
})

describe('what is not the network', () => {
  it('is passed on as it is: an abort, and an error of our own', () => {
    const abort: unknown = AbortSignal.abort().reason
    const own = new AuthError('ERR_TOKEN_EXPIRED', '.')
    expect(toNetworkError(abort, url)).toBe(abort)
    expect(toNetworkError(own, url)).toBe(own)
  })

  it('is the reason a caller gave its signal, but not a deadline', () => {
    const reason = new Error('Ctrl-C')
    expect(toNetworkError(reason, url, AbortSignal.abort(reason))).toBe(reason)
    expect(isAuthError(toNetworkError(reason, url, AbortSignal.abort()))).toBe(true)
    const late = new DOMException('late', 'TimeoutError')
    expect(toNetworkError(late, url, AbortSignal.abort(late))).toMatchObject({ code: 'ERR_NETWORK_TIMEOUT' })
  })
})

it('does not repeat a token that a cause quotes', () => {
  const token = jwt({ sub: 'ada' })
  expect(explained(new Error(`bad header: Bearer ${token}`)).message).not.toContain(token)
})

it('follows causes that go round in circles no further than it must', () => {
  const one = new Error('one')
  one.cause = new Error('other', { cause: one })
  expect(explained(one).message).toContain('(one: other)')
})
