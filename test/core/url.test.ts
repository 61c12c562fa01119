import { describe, expect, it } from 'vitest'
import { createCodexProvider, endpointsOf, isLoopback, parseServiceUrl } from '../../src/core/index.js'
import { caughtAuthError } from '../support/caught.js'

describe('parseServiceUrl', () => {
  it.each([
    'https://auth.example.com',
    'https://auth.example.com:8443/base/',
    'http://127.0.0.1:1455',
    'http://localhost:80',
    'http://[::1]:9000',
    'https://127.0.0.1',
  ])('accepts %s', (text) => {
    expect(parseServiceUrl(text, '--issuer').href).toBe(new URL(text).href)
  })

  it.each([
    ['nothing', ''],
    ['a word', 'example'],
    ['a host without a scheme', 'example.com:443'],
    ['plain http', 'http://example.com'],
    ['plain http to a host that only looks local', 'http://127.0.0.1.example.com'],
    ['plain http to another local network', 'http://192.168.0.1'],
    ['a file', 'file:///etc/passwd'],
    ['a script', 'javascript:alert(1)'],
    ['credentials', 'https://user:pass@example.com'],
    ['a query', 'https://example.com/?a=b'],
    ['an empty query', 'https://example.com/?'],
    ['a fragment', 'https://example.com/#a'],
    ['an empty fragment', 'https://example.com#'],
    ['a space around it', ' https://example.com'],
    ['a line break around it', 'https://example.com\n'],
    ['a line break inside', 'https://exam\nple.com'],
  ])('refuses %s, and names the setting', async (_, text) => {
    const error = await caughtAuthError(() => parseServiceUrl(text, '--issuer'))
    expect(error.code).toBe('ERR_CONFIG_URL')
    expect(error.message).toContain('--issuer')
    expect(error.message).not.toContain('pass')
  })
})

it.each([
  ['http://127.0.0.1:1/', true],
  ['http://localhost/', true],
  ['http://[::1]/', true],
  ['http://127.1/', true],
  ['https://localhost.example.com/', false],
  ['https://chatgpt.com/', false],
  ['http://0.0.0.0/', false],
])('takes %s for loopback: %s', (text, expected) => {
  expect(isLoopback(new URL(text))).toBe(expected)
})

describe('createCodexProvider', () => {
  it('keeps the issuer as given, trims the backend, and leaves the rest', () => {
    const provider = createCodexProvider({ issuer: 'https://a.test/', backendUrl: 'https://b.test/backend-api//' })
    expect(provider).toMatchObject({ issuer: 'https://a.test/', backendUrl: 'https://b.test/backend-api' })
    expect(provider.clientId).toBe('app_EMoamEEZ73f0CkXaXp7hrann')
  })

  it('makes the same endpoints of an issuer with and without a slash', () => {
    expect(endpointsOf('https://a.test/')).toEqual(endpointsOf('https://a.test'))
    expect(endpointsOf('https://a.test/').token).toBe('https://a.test/oauth/token')
  })

  it.each([{ issuer: 'http://a.test' }, { backendUrl: 'http://b.test' }])('refuses %o', async (overrides) => {
    expect((await caughtAuthError(() => createCodexProvider(overrides))).code).toBe('ERR_CONFIG_URL')
  })
})
