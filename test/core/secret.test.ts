import { format, inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { fingerprint, Secret } from '../../src/core/index.js'

const secret = new Secret('the-hidden-value')
/** As a careless caller without types would use it. */
const untyped = secret as unknown as string

describe('a Secret', () => {
  it('is printed as [redacted] however it is printed', () => {
    expect(String(secret)).toBe('[redacted]')
    expect(`after ${untyped}`).toBe('after [redacted]')
    expect('before ' + untyped).toBe('before [redacted]')
    expect(JSON.stringify({ secret, list: [secret] })).toBe('{"secret":"[redacted]","list":["[redacted]"]}')
    expect(inspect(secret)).toBe('[redacted]')
  })

  it.each([
    ['inspect with everything shown', () => inspect({ secret }, { depth: null, showHidden: true, getters: true })],
    ['inspect of its own properties', () => inspect(secret, { customInspect: false, showHidden: true, depth: null })],
    ['the format of console.log', () => format('%s %o %O %j', secret, secret, secret, secret)],
    ['a spread', () => JSON.stringify({ ...(secret as object) })],
    ['Object.entries', () => JSON.stringify(Object.entries(secret))],
    ['all property names', () => JSON.stringify(Reflect.ownKeys(secret).map(String))],
    ['a structured clone', () => inspect(structuredClone(secret), { depth: null, showHidden: true })],
    ['a structured log line', () => JSON.stringify({ level: 'info', context: { credential: { secret } } })],
    ['an error that quotes it', () => new Error(`failed with ${untyped}`, { cause: secret }).stack],
  ])('does not leave through %s', (_, print) => {
    expect(print()).not.toContain('hidden-value')
  })

  it('leaves through reveal() alone', () => {
    expect(secret.reveal()).toBe('the-hidden-value')
  })

  it('equals another of the same value, and never the lack of one', () => {
    expect(secret.equals(new Secret('the-hidden-value'))).toBe(true)
    expect(secret.equals(new Secret('another'))).toBe(false)
    expect(secret.equals(undefined)).toBe(false)
  })

  it('has a one-way name of sixteen hex digits', async () => {
    // printf abc | sha256sum
    expect(await fingerprint(new Secret('abc'))).toBe('ba7816bf8f01cfea')
  })
})
