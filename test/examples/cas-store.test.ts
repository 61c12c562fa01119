import { describe, expect, it } from 'vitest'

describe('the example of a compare-and-swap store', () => {
  it('runs, and spends one refresh token for five workers', async () => {
    const { outcome } = await import('../../examples/cas-store.js')
    expect(outcome).toEqual({ refreshes: 1, reused: 0, differentTokens: 1 })
  })
})
