/**
 * How long the server asks to wait (RFC 9110 10.2.3): seconds, or a date, which is measured against the server's own clock where it tells the
 * time.
 */
export function readRetryAfter(headers: Headers, nowMs: number): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? ''
  if (/^\d{1,9}(\.\d{1,3})?$/.test(text)) return Number(text) * 1000
  const untilMs = parseHttpDate(text)
  if (untilMs === undefined) return undefined
  return Math.max(0, untilMs - (parseHttpDate(headers.get('date') ?? '') ?? nowMs))
}

/** `Wed, 21 Oct 2026 07:28:00 GMT`. */
function parseHttpDate(text: string): number | undefined {
  const parsedMs = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(text)
    ? Date.parse(text)
    : Number.NaN
  return Number.isFinite(parsedMs) ? parsedMs : undefined
}

/** A wait that is told in words alone, as streams do: `Please try again in 1.5s.` */
export function waitInWords(words: string | undefined): number | undefined {
  const match = /\btry again in (\d{1,6}(?:\.\d{1,6})?) ?(ms|s|seconds?)\b/i.exec(words ?? '')
  if (!match) return undefined
  return Math.ceil(Number(match[1]) * (match[2]?.toLowerCase() === 'ms' ? 1 : 1000))
}
