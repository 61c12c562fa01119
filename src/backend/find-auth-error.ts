import {
  AuthError,
  errorTable,
  isAuthError,
  isJsonObject,
  parseJsonObject,
  readNumber,
  readObject,
  readString,
  systemClock,
  type Clock,
  type ErrorCode,
  type JsonObject,
} from '../core/index.js'
import { readRetryAfter } from './retry-after.js'
import { UsageLimitError, type UsageLimitDetails } from './usage-limit.js'

/** Deep enough for every client that is known to wrap errors. */
const mostWrappers = 8

/**
 * Our error inside the one that a client of the public API threw: somewhere among its causes, or told by the answer that the client made it of.
 * `undefined` when the failure is not ours.
 *
 * @param error What was caught: of the AI SDK, of the `openai` client, or of what is built on them.
 */
export function findAuthError(error: unknown, clock: Clock = systemClock): AuthError | undefined {
  const wrappers = [error]
  for (const wrapper of wrappers) {
    if (isAuthError(wrapper)) return wrapper
    if (isObject(wrapper) && wrappers.length < mostWrappers) wrappers.push(...causesOf(wrapper))
  }
  return wrappers
    .filter(isObject)
    .map((wrapper) => readToldError(wrapper, clock))
    .find((told) => told !== undefined)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** The AI SDK gathers what its tries threw in `errors`; everybody else has a `cause`. */
function causesOf(wrapper: object): unknown[] {
  const errors: unknown = Reflect.get(wrapper, 'errors')
  return [Reflect.get(wrapper, 'cause'), ...(Array.isArray(errors) ? errors.toReversed() : [])]
}

/** What `toErrorAnswer` said, read back: the code out of the headers, the words out of the body. */
function readToldError(wrapper: object, clock: Clock): AuthError | undefined {
  const headers = headersOf(wrapper)
  const code = headers?.get('x-planpass-code') ?? ''
  if (!headers || !isErrorCode(code)) return undefined
  const { summary, advice } = splitMessage(messageOf(wrapper), code)
  const nowMs = clock.now()
  const retryAfterMs = readRetryAfter(headers, nowMs)
  const requestId = headers.get('x-request-id') ?? undefined
  const details = {
    advice,
    cause: wrapper,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(requestId !== undefined && { requestId }),
  }
  if (code !== 'ERR_UPSTREAM_USAGE_LIMIT') return new AuthError(code, summary, details)
  return new UsageLimitError(summary, { ...details, ...readLimit(wrapper, nowMs, retryAfterMs) })
}

/** The answer tells the reset to the second; without that, the time to wait does. */
function readLimit(wrapper: object, nowMs: number, retryAfterMs: number | undefined): UsageLimitDetails {
  const told = answerOf(wrapper)
  const resetsAt = readNumber(told, 'resets_at')
  const resetsAtMs = resetsAt === undefined ? retryAfterMs && nowMs + retryAfterMs : resetsAt * 1000
  const planType = readString(told, 'plan_type')
  return {
    ...(resetsAtMs !== undefined && { resetsAtMs, resetSource: 'answer' }),
    ...(planType !== undefined && { planType }),
  }
}

/** A record in the AI SDK, `Headers` in the `openai` client. */
function headersOf(wrapper: object): Headers | undefined {
  const given: unknown = Reflect.get(wrapper, 'responseHeaders') ?? Reflect.get(wrapper, 'headers')
  if (given instanceof Headers) return given
  if (!isJsonObject(given)) return undefined
  return new Headers({ 'x-planpass-code': '', ...stringsOf(given) })
}

function stringsOf(record: object): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => typeof value === 'string'))
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code)
}

/** The `openai` client puts the status in front of the words in its `message`. */
function messageOf(wrapper: object): string {
  return readString(answerOf(wrapper), 'message') ?? String(Reflect.get(wrapper, 'message'))
}

/** The error of the answer: kept as `error` by the `openai` client, as the text of the body by the AI SDK. */
function answerOf(wrapper: object): JsonObject | undefined {
  const body: unknown = Reflect.get(wrapper, 'responseBody')
  const answered: unknown =
    Reflect.get(wrapper, 'error') ?? (typeof body === 'string' ? parseJsonObject(body) : undefined)
  return isJsonObject(answered) ? (readObject(answered, 'error') ?? answered) : undefined
}

/** A message says what happened, then what to do: the table's advice where it ends with that, else its last sentence. */
function splitMessage(message: string, code: ErrorCode): { readonly summary: string; readonly advice: string } {
  const known = errorTable[code].advice
  const at = message.endsWith(` ${known}`) ? message.length - known.length : message.lastIndexOf('. ') + 2
  return at < 2 ? { summary: message, advice: known } : { summary: message.slice(0, at - 1), advice: message.slice(at) }
}
