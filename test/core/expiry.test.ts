import { describe, expect, it } from 'vitest'
import { dueReason, isExpired } from '../../src/core/expiry.js'
import { startMs, withTokens } from '../support/auth-document.js'
import { accessToken } from '../support/jwt.js'
import { parseChatgpt } from '../support/signed-in.js'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const opaque = { access_token: 'opaque' }

function credential(tokens: Record<string, unknown>, lastRefreshMs?: number) {
  const lastRefresh = lastRefreshMs === undefined ? null : new Date(lastRefreshMs).toISOString()
  return parseChatgpt(JSON.stringify({ ...withTokens(tokens), last_refresh: lastRefresh }))
}

const endsIn = (milliseconds: number) => ({ access_token: accessToken(startMs + milliseconds) })

describe('a refresh', () => {
  it.each([
    ['ended an hour ago', endsIn(-60 * minuteMs), startMs, 'proactive_expiry'],
    ['ends in 4 minutes', endsIn(4 * minuteMs), startMs, 'proactive_expiry'],
    ['ends in exactly 5 minutes', endsIn(5 * minuteMs), startMs, 'proactive_expiry'],
    ['ends in 5 minutes and a second', endsIn(5 * minuteMs + 1000), startMs, undefined],
    ['ends in 6 minutes', endsIn(6 * minuteMs), startMs, undefined],
    ['ends in an hour, refreshed 30 days ago', endsIn(60 * minuteMs), startMs - 30 * dayMs, undefined],
    ['ends in an hour, never refreshed', endsIn(60 * minuteMs), undefined, undefined],
    ['is opaque, refreshed 7.9 days ago', opaque, startMs - 7.9 * dayMs, undefined],
    ['is opaque, refreshed 8.1 days ago', opaque, startMs - 8.1 * dayMs, 'scheduled'],
    ['is opaque, never refreshed', opaque, undefined, undefined],
  ])('when the access token %s', (_, tokens, lastRefreshMs, reason) => {
    expect(dueReason(credential(tokens, lastRefreshMs), startMs)).toBe(reason)
  })

  it('comes earlier with a wider window', () => {
    const ends = credential(endsIn(20 * minuteMs), startMs)
    expect(dueReason(ends, startMs, 30 * minuteMs)).toBe('proactive_expiry')
    expect(dueReason(ends, startMs, 10 * minuteMs)).toBeUndefined()
  })
})

it('has a token expired from the moment of its end, and an opaque one never', () => {
  expect(isExpired(credential(endsIn(1000)), startMs)).toBe(false)
  expect(isExpired(credential(endsIn(0)), startMs)).toBe(true)
  expect(isExpired(credential(opaque), startMs + 1000 * dayMs)).toBe(false)
})
