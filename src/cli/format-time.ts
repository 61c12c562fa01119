/** From the smallest, each with how many of it make one of the next. */
const units = [
  { name: 'second', lengthMs: 1000, limit: 60 },
  { name: 'minute', lengthMs: 60 * 1000, limit: 60 },
  { name: 'hour', lengthMs: 60 * 60 * 1000, limit: 24 },
] as const
const dayUnit = { name: 'day', lengthMs: 24 * 60 * 60 * 1000 } as const

/** In the biggest unit that fits, rounded: `7 days`, `1 hour`, `42 minutes`; never `60 minutes`. */
export function formatDuration(milliseconds: number): string {
  const unit = units.find(({ lengthMs, limit }) => Math.round(milliseconds / lengthMs) < limit) ?? dayUnit
  const count = Math.max(0, Math.round(milliseconds / unit.lengthMs))
  return `${count} ${unit.name}${count === 1 ? '' : 's'}`
}

/** In the person's own time zone, with how far away it is: `2026-11-21 14:03 (in 2 hours)`. */
export function formatInstant(atMs: number, nowMs: number): string {
  const distance = formatDuration(Math.abs(atMs - nowMs))
  return `${formatLocalTime(atMs)} (${atMs >= nowMs ? `in ${distance}` : `${distance} ago`})`
}

function formatLocalTime(atMs: number): string {
  const date = new Date(atMs)
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** `14:32`, for a countdown. */
export function formatCountdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`
}

export function toIsoTime(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString()
}
