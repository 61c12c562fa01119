import { describe, expect, it } from 'vitest'
import { startRecovery } from '../../src/core/recovery.js'

/** A recovery over plain words, and what it did. */
function recoveryOver(stored: string, refreshed = 'refreshed') {
  const did: string[] = []
  const next = startRecovery<string>({
    reload: async () => {
      did.push('reload')
      return stored
    },
    refresh: async () => {
      did.push('refresh')
      return refreshed
    },
    isSame: (one, other) => one === other,
  })
  return { next, did }
}

describe('the recovery from a 401', () => {
  it('tries what is stored by now, then a refresh, then gives up', async () => {
    const { next, did } = recoveryOver('stored')
    expect(await next('rejected')).toBe('stored')
    expect(await next('stored')).toBe('refreshed')
    expect(await next('refreshed')).toBeUndefined()
    expect(await next('refreshed')).toBeUndefined()
    expect(did).toEqual(['reload', 'refresh'])
  })

  it('does not try again with the very token that was refused', async () => {
    const { next, did } = recoveryOver('rejected')
    expect(await next('rejected')).toBe('refreshed')
    expect(await next('refreshed')).toBeUndefined()
    expect(did).toEqual(['reload', 'refresh'])
  })
})
