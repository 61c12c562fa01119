import { describe, expect, it } from 'vitest'
import { createFormat } from '../../src/console/page/create-format.js'
import { languages } from '../../src/console/page/languages.js'
import { dayMs, hourMs, nowMs } from './sample-state.js'

const english = createFormat(languages.en, 'UTC')
const chinese = createFormat(languages['zh-Hans'], 'UTC')
const minuteMs = 60_000

describe('the format of the console', () => {
  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [59_999, '59 s'],
    [minuteMs, '1 min'],
    [minuteMs + 1000, '1 min 1 s'],
    [2 * hourMs + 14 * minuteMs + 9000, '2 h 14 min'],
    [7 * dayMs - 1, '6 d 23 h'],
    [dayMs + minuteMs, '1 d'],
  ])('tells %i milliseconds in two units at most: %s', (milliseconds, text) => {
    expect(english.span(milliseconds)).toBe(text)
  })

  it.each([
    [5 * hourMs, '5 hours', '5小时'],
    [7 * dayMs, '7 days', '7天'],
    [dayMs, '1 day', '1天'],
    [90 * minuteMs, '90 minutes', '90分钟'],
  ])('tells a window of %i milliseconds in the one unit that fits: %s, %s', (milliseconds, inEnglish, inChinese) => {
    expect([english.length(milliseconds), chinese.length(milliseconds)]).toEqual([inEnglish, inChinese])
  })

  it.each([
    [15 * minuteMs, '15:00'],
    [61_000, '1:01'],
    [1, '0:01'],
    [0, '0:00'],
    [-1, '0:00'],
  ])('counts %i milliseconds down as %s', (milliseconds, text) => {
    expect(english.countdown(milliseconds)).toBe(text)
  })

  it.each([
    [420.4, '420 ms'],
    [3210, '3.2 s'],
    [61_000, '1 min 1 s'],
  ])('tells that a request took %f milliseconds as %s', (milliseconds, text) => {
    expect(english.latency(milliseconds)).toBe(text)
  })

  it('names the day of a moment only when it is not today', () => {
    expect(english.moment(nowMs, nowMs)).toBe('12:00')
    expect(english.moment(nowMs + dayMs, nowMs)).toBe('Feb 1 12:00')
    expect(chinese.moment(nowMs + dayMs, nowMs)).toBe('2月1日 12:00')
  })

  it('names a day as it is counted, wherever the browser is', () => {
    expect(createFormat(languages.en, 'America/Los_Angeles').calendarDay('2026-01-31')).toBe('Jan 31')
  })

  it('writes numbers as people of the language do', () => {
    expect([english.count(1_234_567), english.short(18_400_000), english.percent(36.6)]).toEqual([
      '1,234,567',
      '18.4M',
      '37%',
    ])
    expect(chinese.short(18_400_000)).toBe('1840万')
  })
})
