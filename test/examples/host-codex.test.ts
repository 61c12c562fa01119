import { describe, expect, it } from 'vitest'

describe('the example of a program that hosts Codex', () => {
  it('runs, and spends one refresh token for the turn that was refused', async () => {
    const { outcome } = await import('../../examples/host-codex.js')
    expect(outcome).toEqual({ streamed: 'You said: say hi', refreshes: 1, usedPercent: 20 })
  })
})
