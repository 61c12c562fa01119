import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRoute } from '../../src/network/index.js'

/** Whether a URL goes past the proxy with this list. */
function isDirect(NO_PROXY: string, url: string): boolean {
  return describeRoute({ ALL_PROXY: 'http://proxy.example:3128', NO_PROXY }, url).proxy === undefined
}

describe('an entry of NO_PROXY', () => {
  it.each<[string, string, boolean]>([
    ['*', 'https://chatgpt.com', true],
    ['other.test, *', 'https://chatgpt.com', true],
    ['example.com', 'https://example.com', true],
    ['example.com', 'https://api.example.com', true],
    ['example.com', 'https://deep.api.example.com', true],
    ['example.com', 'https://notexample.com', false],
    ['example.com', 'https://example.com.evil.test', false],
    ['.example.com', 'https://api.example.com', true],
    ['.example.com', 'https://example.com', true],
    ['*.example.com', 'https://api.example.com', true],
    ['example.com.', 'https://example.com', true],
    ['example.com', 'https://example.com./', true],
    ['EXAMPLE.com', 'https://Example.COM', true],
    ['bücher.example', 'https://www.xn--bcher-kva.example', true],
    ['com', 'https://example.com', true],
    ['api.example.com', 'https://example.com', false],
    ['example.com:443', 'https://example.com', true],
    ['example.com:8443', 'https://example.com', false],
    ['example.com:8443', 'https://api.example.com:8443', true],
    ['example.com:80', 'http://example.com', true],
    ['example.com:', 'https://example.com', false],
    ['example.com:99999999', 'https://example.com', false],
    ['https://example.com', 'https://example.com', false],
    ['10.1.2.3', 'https://10.1.2.3', true],
    ['10.1.2.3', 'https://10.1.2.30', false],
    ['10.1.2.3:8443', 'https://10.1.2.3:8443', true],
    ['10.1.2.3:8443', 'https://10.1.2.3', false],
    ['2.3', 'https://10.1.2.3', false],
    ['10.0.0.0/8', 'https://10.200.1.1', true],
    ['10.0.0.0/8', 'https://11.0.0.1', false],
    ['192.168.1.64/26', 'https://192.168.1.127', true],
    ['192.168.1.64/26', 'https://192.168.1.128', false],
    ['0.0.0.0/0', 'https://203.0.113.1', true],
    ['0.0.0.0/0', 'https://example.com', false],
    ['10.0.0.0/33', 'https://10.0.0.0', false],
    ['10.0.0.0/', 'https://10.0.0.0', false],
    ['10.0.0.0/8', 'https://[::ffff:10.0.0.1]', true],
    ['2001:db8::1', 'https://[2001:db8::1]', true],
    ['2001:0db8:0:0::1', 'https://[2001:db8::1]', true],
    ['[2001:db8::1]', 'https://[2001:DB8::1]', true],
    ['[2001:db8::1]:8443', 'https://[2001:db8::1]:8443', true],
    ['[2001:db8::1]:8443', 'https://[2001:db8::1]', false],
    ['2001:db8::/32', 'https://[2001:db8:ffff::1]', true],
    ['[2001:db8::]/32', 'https://[2001:db8:ffff::1]', true],
    ['2001:db8::/32', 'https://[2001:db9::1]', false],
    ['2001:db8::/129', 'https://[2001:db8::1]', false],
    ['fe80::1%eth0', 'https://[fe80::1]', false],
    ['one.test two.test', 'https://two.test', true],
    [' one.test ,\ttwo.test\n', 'https://two.test', true],
    [',, ,', 'https://one.test', false],
    ['', 'https://one.test', false],
  ])('%j says of %s: direct is %s', (list, url, expected) => expect(isDirect(list, url)).toBe(expected))

  it('in lower case comes before upper case', () => {
    const environment = { HTTPS_PROXY: 'http://proxy.example', no_proxy: 'one.test', NO_PROXY: 'two.test' }
    expect(describeRoute(environment, 'https://one.test').whyDirect).toBe('no_proxy has one.test')
    expect(describeRoute(environment, 'https://two.test').proxy).toBeDefined()
    expect(describeRoute({ ...environment, no_proxy: ' ' }, 'https://two.test').whyDirect).toBe('NO_PROXY has two.test')
  })
})

describe('loopback', () => {
  it.each([
    'http://localhost:1455',
    'https://LOCALHOST.',
    'http://app.localhost',
    'http://127.0.0.1',
    'http://127.255.1.2:8080',
    'http://2130706433',
    'http://[::1]:1455',
    'http://[::ffff:127.0.0.1]',
  ])('never goes through a proxy: %s', (url) => {
    expect(describeRoute({ ALL_PROXY: 'http://proxy.example' }, url).whyDirect).toBe(
      'loopback never goes through a proxy',
    )
  })

  it.each([
    'http://128.0.0.1',
    'http://localhost.example.com',
    'http://notlocalhost',
    'http://127.example.com',
    'http://[::ffff:7f]',
  ])('is not what only looks like it: %s', (url) => expect(isDirect('', url)).toBe(false))
})

describe('any list', () => {
  const host = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map((address) => `[${address}]`),
  )

  it('can be read, whatever is in it', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('*', '.', ':', '/', '[', ']', '%', '::', '[::1', '1.2.3.4/', ']:80', '*.', '::/0', '/8', 'xn--'),
      host,
    )
    const list = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(list, host, (text, name) => void isDirect(text, `https://${name}`)),
      { numRuns: 2000 },
    )
  })

  it('excludes every host that is listed, wherever in the list, with its port and without', () => {
    fc.assert(
      fc.property(
        fc.array(host),
        host,
        fc.array(host),
        fc.integer({ min: 1, max: 65_535 }),
        (before, name, after, port) => {
          const url = `http://${name}:${port}`
          expect(isDirect([...before, name, ...after].join(','), url)).toBe(true)
          expect(isDirect([...before, `${name}:${port}`, ...after].join(' '), url)).toBe(true)
        },
      ),
    )
  })

  it('excludes no name that is neither listed nor below one that is', () => {
    fc.assert(
      fc.property(fc.array(fc.domain()), fc.domain(), (list, name) => {
        const isListed = list.some((entry) => `.${name}`.toLowerCase().endsWith(`.${entry.toLowerCase()}`))
        expect(isDirect(list.join(','), `https://${name}`)).toBe(isListed)
      }),
    )
  })
})
