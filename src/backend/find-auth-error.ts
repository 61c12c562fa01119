import {
  AuthError,
  errorTable,
  isAuthError,
  isJsonObject,
  readObject,
  readString,
  systemClock,
  type Clock,
  type ErrorCode,
} from '../core/index.js'
import { readRetryAfter } from './retry-after.js'
import { UsageLimitError } from './usage-limit.js'

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
  return new UsageLimitError(summary, {
    ...details,
    ...(retryAfterMs !== undefined && { resetsAtMs: nowMs + retryAfterMs, resetSource: 'answer' }),
  })
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

/** The `openai` client puts the status in front of the words in its `message`, and keeps the answer's own in `error`. */
function messageOf(wrapper: object): string {
  const answered: unknown = Reflect.get(wrapper, 'error')
  const inner = isJsonObject(answered) ? (readObject(answered, 'error') ?? answered) : undefined
  return readString(inner, 'message') ?? String(Reflect.get(wrapper, 'message'))
}

/** A message says what happened, then what to do: the table's advice where it ends with that, else its last sentence. */
function splitMessage(message: string, code: ErrorCode): { readonly summary: string; readonly advice: string } {
  const known = errorTable[code].advice
  const at = message.endsWith(` ${known}`) ? message.length - known.length : message.lastIndexOf('. ') + 2
  return at < 2 ? { summary: message, advice: known } : { summary: message.slice(0, at - 1), advice: message.slice(at) }
}
