import type { Words } from './languages.js'

/** Numbers and times as people of a language write them. */
export interface Format {
  readonly count: (value: number) => string
  /** `1.2 million` as `1.2M`, for where there is little room. */
  readonly short: (value: number) => string
  /** Of a hundred. */
  readonly percent: (value: number) => string
  /** In its two biggest units: `2 h 14 min`. */
  readonly span: (milliseconds: number) => string
  /** A whole length of time in the one unit that fits it: `5 hours`, `7 days`. */
  readonly length: (milliseconds: number) => string
  /** `14:32`, in minutes and seconds. */
  readonly countdown: (milliseconds: number) => string
  /** The milliseconds of a request: `420 ms`, `3.2 s`. */
  readonly latency: (milliseconds: number) => string
  /** The time of the day, with the day when it is not today's. */
  readonly moment: (atMs: number, nowMs: number) => string
  readonly day: (atMs: number) => string
  /** Of a day that is told as one, as `2026-01-31`. */
  readonly calendarDay: (day: string) => string
}

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

const units = [
  { name: 'day', lengthMs: dayMs },
  { name: 'hour', lengthMs: hourMs },
  { name: 'minute', lengthMs: minuteMs },
  { name: 'second', lengthMs: secondMs },
] as const

/** @param timeZone The browser's own when not given. */
export function createFormat({ locale, units: unitWords }: Words, timeZone?: string): Format {
  const zone = timeZone === undefined ? {} : { timeZone }
  const number = new Intl.NumberFormat(locale)
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 })
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })
  const oneDigit = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
  const clock = new Intl.DateTimeFormat(locale, { ...zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const date = new Intl.DateTimeFormat(locale, { ...zone, month: 'short', day: 'numeric' })
  const calendar = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', month: 'short', day: 'numeric' })

  function span(milliseconds: number): string {
    const largest = units.findIndex(({ lengthMs }) => milliseconds >= lengthMs)
    const first = largest === -1 ? units.length - 1 : largest
    const parts = units.slice(first, first + 2).map(({ name, lengthMs }, index) => {
      const within = index === 0 ? milliseconds : milliseconds % (units[first]?.lengthMs ?? lengthMs)
      return { count: Math.floor(within / lengthMs), word: unitWords[name] }
    })
    const told = parts.filter(({ count }, index) => index === 0 || count > 0)
    return told.map(({ count, word }) => `${count} ${word}`).join(' ')
  }

  return {
    count: (value) => number.format(value),
    short: (value) => compact.format(value),
    percent: (value) => percent.format(value / 100),
    span: (milliseconds) => span(Math.max(0, milliseconds)),
    length: (milliseconds) => {
      const { name, lengthMs } = units.find((unit) => milliseconds % unit.lengthMs === 0) ?? units[2]
      const length = new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'long' })
      return length.format(Math.round(milliseconds / lengthMs))
    },
    countdown: toCountdown,
    latency: (milliseconds) => {
      if (milliseconds < secondMs) return `${number.format(Math.round(milliseconds))} ms`
      if (milliseconds < minuteMs) return `${oneDigit.format(milliseconds / secondMs)} ${unitWords.second}`
      return span(milliseconds)
    },
    moment: (atMs, nowMs) => {
      const isToday = date.format(atMs) === date.format(nowMs)
      return isToday ? clock.format(atMs) : `${date.format(atMs)} ${clock.format(atMs)}`
    },
    day: (atMs) => date.format(atMs),
    calendarDay: (day) => calendar.format(Date.parse(day)),
  }
}

function toCountdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / secondMs))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
