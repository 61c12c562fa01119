import { describe, expect, it } from 'vitest'
import { toPlanMetadata } from '../../src/ai-sdk/plan-metadata.js'

const nowMs = Date.UTC(2026, 0, 1)

describe('what an answer tells of the plan', () => {
  it('is nothing when its headers say nothing', () => {
    expect(toPlanMetadata(undefined, nowMs)).toEqual({ dropped: [] })
    expect(toPlanMetadata({ 'content-type': 'application/json' }, nowMs)).toEqual({ dropped: [] })
  })

  it('is its limits, by their windows', () => {
    const headers = {
      'x-codex-primary-used-percent': '12.5',
      'x-codex-primary-window-minutes': '300',
      'x-codex-primary-reset-at': String(nowMs / 1000 + 60),
    }
    expect(toPlanMetadata(headers, nowMs)['limits']).toEqual({
      windows: [{ limit: 'codex', name: 'codex', usedPercent: 12.5, windowMs: 18_000_000, resetsAtMs: nowMs + 60_000 }],
    })
  })

  it('is what was left out of the request, in the words of the caller, as far as the list goes', () => {
    const headers = { 'x-planpass-dropped': 'temperature, %E2%82%AC, %E2%8...' }
    expect(toPlanMetadata(headers, nowMs)).toEqual({ dropped: ['temperature', '€', '%E2%8...'] })
  })
})
