import { calculatePKCECodeChallenge } from 'oauth4webapi'
import { describe, expect, it } from 'vitest'
import { createPkce, createState } from '../../src/core/oauth.js'

describe('createPkce', () => {
  it('makes a verifier of 64 random bytes in the alphabet of RFC 7636 4.1', async () => {
    const { verifier } = await createPkce()
    expect(verifier.reveal()).toMatch(/^[\w-]{86}$/)
  })

  it('makes the S256 challenge that another implementation makes', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { verifier, challenge } = await createPkce()
      expect(challenge).toBe(await calculatePKCECodeChallenge(verifier.reveal()))
      expect(challenge).toMatch(/^[\w-]{43}$/)
    }
  })

  it('never repeats itself', async () => {
    const pairs = await Promise.all(Array.from({ length: 50 }, createPkce))
    expect(new Set(pairs.map(({ challenge }) => challenge)).size).toBe(50)
  })
})

it('makes a state of 32 random bytes', () => {
  const states = Array.from({ length: 50 }, createState)
  expect(new Set(states).size).toBe(50)
  for (const state of states) expect(state).toMatch(/^[\w-]{43}$/)
})
