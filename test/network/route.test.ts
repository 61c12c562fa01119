import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createTransport, describeRoute, routeInWords, type NetworkEnvironment } from '../../src/network/index.js'
import { caughtAuthError } from '../support/caught.js'

const https = 'https://chatgpt.com/backend-api'
const http = 'http://plain.example/'

function proxyOf(environment: NetworkEnvironment, url = https) {
  const { proxy } = describeRoute(environment, url)
  return proxy && [proxy.variable, proxy.host]
}

/** A proxy in each of the variables, named after it. */
function environmentOf(...variables: readonly string[]): NetworkEnvironment {
  return Object.fromEntries(variables.map((name) => [name, `http://${name.replace('_', '-')}.example:3128`]))
}

describe('the proxy', () => {
  it.each<[string, string[], string | undefined]>([
    [https, ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'HTTP_PROXY'], 'https_proxy'],
    [https, ['HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'], 'HTTPS_PROXY'],
    [https, ['all_proxy', 'ALL_PROXY'], 'all_proxy'],
    [https, ['ALL_PROXY', 'HTTP_PROXY'], 'ALL_PROXY'],
    [https, ['HTTP_PROXY', 'http_proxy'], undefined],
    [http, ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY', 'HTTPS_PROXY'], 'http_proxy'],
    [http, ['HTTP_PROXY', 'ALL_PROXY'], 'HTTP_PROXY'],
    [http, ['ALL_PROXY', 'HTTPS_PROXY'], 'ALL_PROXY'],
    [http, ['HTTPS_PROXY', 'https_proxy'], undefined],
  ])('for %s with %j is the one of %s', (url, variables, expected) => {
    expect(proxyOf(environmentOf(...variables), url)?.[0]).toBe(expected)
  })

  it('of a blank variable is none', () => {
    expect(proxyOf({ https_proxy: ' ', HTTPS_PROXY: 'http://proxy.example:1' })).toEqual([
      'HTTPS_PROXY',
      'proxy.example:1',
    ])
    expect(describeRoute({ HTTPS_PROXY: '' }, https)).toEqual({ whyDirect: 'no variable names a proxy for https' })
  })

  it('under CGI is not what a Proxy header put into HTTP_PROXY', () => {
    const environment = { HTTP_PROXY: 'http://evil.example', REQUEST_METHOD: 'GET' }
    expect(proxyOf(environment, http)).toBeUndefined()
    expect(proxyOf({ ...environment, http_proxy: 'http://good.example' }, http)).toEqual([
      'http_proxy',
      'good.example:80',
    ])
  })

  it.each([
    ['http://proxy.example:3128', 'proxy.example:3128'],
    ['http://proxy.example:3128/', 'proxy.example:3128'],
    ['http://proxy.example', 'proxy.example:80'],
    ['https://proxy.example', 'proxy.example:443'],
    ['HTTP://Proxy.Example:8080', 'proxy.example:8080'],
    ['proxy.example:3128', 'proxy.example:3128'],
    ['localhost:3128', 'localhost:3128'],
    ['[::1]:3128', '[::1]:3128'],
    ['ada:secret@proxy.example:3128', 'proxy.example:3128'],
    [' http://proxy.example:3128\n', 'proxy.example:3128'],
  ])('%j is %s', (value, host) => expect(proxyOf({ HTTPS_PROXY: value })).toEqual(['HTTPS_PROXY', host]))

  it.each([
    ['http://ada:s%40cret@proxy.example', 'ada:s@cret'],
    ['http://ada@proxy.example', 'ada:'],
    ['http://:only@proxy.example', ':only'],
    ['http://zo%C3%AB:p%C3%A4ss@proxy.example', 'zoë:päss'],
    ['http://ada:one@two@proxy.example', 'ada:one@two'],
  ])('%s is told who we are, and nobody else is', (value, userAndPassword) => {
    const route = describeRoute({ HTTPS_PROXY: value }, https)
    expect(route.proxy?.authorization?.reveal()).toBe(`Basic ${Buffer.from(userAndPassword).toString('base64')}`)
    expect(inspect(route, { depth: 9, showHidden: true }) + JSON.stringify(route) + routeInWords(route)).not.toMatch(
      /cret|only|ada|zo|Basic/,
    )
    expect(route.proxy?.origin).toBe('http://proxy.example')
  })
})

describe('a variable that names no proxy to be used', () => {
  it.each([
    'socks5://ada:secret@proxy.example:1080',
    'socks5h://proxy.example',
    'socks4a://proxy.example',
    'SOCKS://proxy.example',
    'ftp://proxy.example',
    'http://',
    'http://ada:secret@',
    'http://proxy.example:secret',
    'http://ada:12#secret@proxy.example:3128',
    'http://ada:12/secret@proxy.example:3128',
    'http://ada:12?secret@proxy.example:3128',
    'http://ada:%E0%A4%Asecret@proxy.example',
    'secret secret',
    '://secret',
  ])('is a matter of configuration before any connection, and is not repeated: %s', async (value) => {
    for (const variable of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']) {
      const error = await caughtAuthError(createTransport({ [variable]: value }))
      expect(error).toMatchObject({ code: 'ERR_CONFIG_PROXY', remedy: 'fix-configuration' })
      expect(error.summary.startsWith(`${variable} `)).toBe(true)
      expect(inspect(error)).not.toMatch(/secret@|:secret|secret |ada/)
    }
  })

  it('says that SOCKS is the reason', async () => {
    const error = await caughtAuthError(createTransport({ ALL_PROXY: 'socks5h://127.0.0.1:1080' }))
    expect(error.message).toContain('ALL_PROXY names a SOCKS proxy, and only http and https ones can be used.')
  })

  it('for plain http alone is told to who uses plain http', async () => {
    for (const HTTP_PROXY of ['socks5://127.0.0.1:1080', 'http://']) {
      const fetch = await createTransport({ HTTP_PROXY })
      expect((await caughtAuthError(fetch(http))).code).toBe('ERR_CONFIG_PROXY')
    }
  })
})

describe('a route in words', () => {
  it.each<[NetworkEnvironment, string]>([
    [{}, 'directly (no variable names a proxy for https)'],
    [{ HTTPS_PROXY: 'http://ada:secret@proxy.example:3128' }, 'through the proxy proxy.example:3128 (HTTPS_PROXY)'],
    [{ ALL_PROXY: 'proxy.example', NO_PROXY: 'a.test,.com' }, 'directly (NO_PROXY has .com)'],
    [
      { https_proxy: 'https://proxy.example', SSL_CERT_FILE: '/ca.pem' },
      'through the proxy proxy.example:443 (https_proxy), trusting the authorities of SSL_CERT_FILE too',
    ],
  ])('of %j is: %s', (environment, words) => expect(routeInWords(describeRoute(environment, https))).toBe(words))
})
