import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createState } from '../../src/core/oauth.js'
import { readCallbackQuery } from '../../src/sign-in/callback-query.js'

const state = createState()

function read(query: string) {
  return readCallbackQuery(new URLSearchParams(query), state)
}

describe('the query of a callback', () => {
  it('is a yes with the state of the attempt and a code, whatever else is in it', () => {
    const reading = read(`scope=openid&code=abc%2B1&state=${state}&iss=https%3A%2F%2Fissuer.test`)
    expect(reading.kind === 'approved' && reading.code.reveal()).toBe('abc+1')
  })

  const strangers = {
    'no state': 'code=abc',
    'another state': `code=abc&state=${createState()}`,
    'a longer state': `code=abc&state=${state}x`,
    'a shorter state': `code=abc&state=${state.slice(1)}`,
    'another case': `code=abc&state=${state.toUpperCase()}x`,
    'an empty state': 'code=abc&state=',
    'the state twice': `code=abc&state=${state}&state=${state}`,
    'the state after another one': `code=abc&state=bad&state=${state}`,
    'the state before another one': `code=abc&state=${state}&state=bad`,
    'the state under two spellings': `code=abc&state=${state}&st%61te=${state}`,
    'a failure and another state': 'error=access_denied&state=bad',
    nothing: '',
  }
  it.each(Object.entries(strangers))('belongs to somebody else with %s', (_name, query) => {
    expect(read(query)).toEqual({ kind: 'mismatch' })
  })

  it('never belongs to us under a state that is not ours', () => {
    const other = fc.oneof(fc.string(), fc.base64String({ minLength: 40 })).filter((text) => text !== state)
    fc.assert(
      fc.property(other, fc.string(), (wrong, code) => {
        const query = new URLSearchParams({ state: wrong, code, error: code })
        expect(readCallbackQuery(query, state).kind).toBe('mismatch')
      }),
      { numRuns: 2000 },
    )
  })

  const doubles = ['code=first&code=second', 'error=a&error=b', 'error=a&error_description=b&error_description=c']
  it.each(doubles)('decides nothing with %s', (query) => {
    expect(read(`${query}&state=${state}`)).toEqual({ kind: 'ambiguous' })
  })

  it.each(['', 'code=', 'Code=abc'])('that is ours and carries no code ("%s") is a failure', (query) => {
    expect(read(`${query}&state=${state}`)).toMatchObject({ kind: 'refused', error: { code: 'ERR_SIGN_IN_FAILED' } })
  })

  it('is a failure when it names one, even an empty one, and even beside a code', () => {
    for (const query of ['error=access_denied', 'error=', 'error=access_denied&code=abc'])
      expect(read(`${query}&state=${state}`).kind).toBe('refused')
  })
})
