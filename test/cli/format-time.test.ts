import { describe, expect, it } from 'vitest'
import { formatCountdown, formatDuration, formatInstant, toIsoTime } from '../../src/cli/format-time.js'

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

describe('a duration in words', () => {
  it.each([
    [0, '0 seconds'],
    [secondMs, '1 second'],
    [59.4 * secondMs, '59 seconds'],
    [59.6 * secondMs, '1 minute'],
    [45 * minuteMs, '45 minutes'],
    [hourMs - secondMs, '1 hour'],
    [5 * hourMs, '5 hours'],
    [dayMs - minuteMs, '1 day'],
    [7 * dayMs, '7 days'],
    [-5, '0 seconds'],
  ])('is %i ms: %s', (milliseconds, words) => {
    expect(formatDuration(milliseconds)).toBe(words)
  })
})

describe('a countdown', () => {
  it.each([
    [15 * minuteMs, '15:00'],
    [59 * secondMs + 1, '1:00'],
    [1, '0:01'],
    [-1, '0:00'],
  ])('shows %i ms as %s', (milliseconds, text) => {
    expect(formatCountdown(milliseconds)).toBe(text)
  })
})

describe('an instant', () => {
  it('says how far away it is, in either direction', () => {
    expect(formatInstant(hourMs, 0)).toMatch(/ \(in 1 hour\)$/)
    expect(formatInstant(0, hourMs)).toMatch(/ \(1 hour ago\)$/)
  })

  it('is ISO 8601 in UTC for programs, and null when there is none', () => {
    expect(toIsoTime(0)).toBe('1970-01-01T00:00:00.000Z')
    expect(toIsoTime(undefined)).toBeNull()
  })
})
