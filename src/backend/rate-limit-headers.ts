import { toOneSafeLine } from '../core/index.js'
import { parseAmount } from './usage-amount.js'
import { mainLimit, toWindows, type Credits, type Limits, type LimitWindow, type RawWindow } from './limits.js'

const familyEnd = '-primary-used-percent'

/**
 * What the headers of an answer tell about limits (protocol 9.4); `undefined` when they tell nothing. Each limit has a family of headers, found
 * by their ending: `x-codex-…` for the plan's own, `x-codex-sparks-…` for the feature `codex_sparks`.
 */
export function parseLimitHeaders(headers: Headers, nowMs: number): Limits | undefined {
  const families = [...headers.keys()].filter((key) => key.endsWith(familyEnd)).map(familyOf)
  const others = families.filter((family) => family !== mainFamily)
  const windows = [mainFamily, ...others].flatMap((family) => familyWindows(headers, family, nowMs))
  const credits = parseCredits(headers)
  const planType = readWords(headers, 'x-codex-plan-type')
  const reachedType = readWords(headers, 'x-codex-rate-limit-reached-type')
  if (windows.length === 0 && !credits && !planType && !reachedType) return undefined
  return {
    ...(planType && { planType }),
    windows,
    ...(credits && { credits }),
    ...(reachedType && { reachedType }),
  }
}

const mainFamily = `x-${mainLimit}`

function familyOf(header: string): string {
  return header.slice(0, -familyEnd.length)
}

function familyWindows(headers: Headers, family: string, nowMs: number): LimitWindow[] {
  const windows = [toRawWindow(headers, `${family}-primary`), toRawWindow(headers, `${family}-secondary`)]
  const name = readWords(headers, `${family}-limit-name`)
  return toWindows({ limit: family.replace(/^x-/, ''), name, windows }, nowMs)
}

/** There is one only if it tells more than that nothing is used of something without length or end. */
function toRawWindow(headers: Headers, prefix: string): RawWindow | undefined {
  const amount = (name: string) => parseAmount(headers.get(`${prefix}-${name}`))
  const usedPercent = amount('used-percent')
  const minutes = amount('window-minutes') ?? 0
  const resetsAtSeconds = amount('reset-at')
  if (usedPercent === undefined || (usedPercent === 0 && minutes === 0 && resetsAtSeconds === undefined))
    return undefined
  return {
    usedPercent,
    windowSeconds: minutes * 60,
    resetsAtSeconds,
    resetsAfterSeconds: amount('reset-after-seconds'),
  }
}

/** Both answers are needed; the backend was seen to spell them `False` and `0` as well. */
function parseCredits(headers: Headers): Credits | undefined {
  const hasCredits = parseAnswer(headers.get('x-codex-credits-has-credits'))
  const isUnlimited = parseAnswer(headers.get('x-codex-credits-unlimited'))
  if (hasCredits === undefined || isUnlimited === undefined) return undefined
  const balance = readWords(headers, 'x-codex-credits-balance')
  return { hasCredits, isUnlimited, ...(balance && { balance }) }
}

function parseAnswer(text: string | null): boolean | undefined {
  if (/^(true|1)$/i.test(text ?? '')) return true
  return /^(false|0)$/i.test(text ?? '') ? false : undefined
}

function readWords(headers: Headers, name: string): string | undefined {
  return toOneSafeLine(headers.get(name) ?? '') || undefined
}
