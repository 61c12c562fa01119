import { AuthError, isAbortError, isAuthError, type ErrorCode } from './errors.js'
import { toOneSafeLine } from './to-one-safe-line.js'

/** The fetch we are given: the platform's, or one with a proxy, a certificate authority, or an emulator behind it. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** The platform's own, looked up at each call, so that a program may replace it. */
export const platformFetch: Fetch = (input, init) => globalThis.fetch(input, init)

/**
 * What a failed fetch means: the host it was for, and every cause in words. Our own errors pass through unchanged, and so does an abort, under
 * whatever reason the caller gave `signal`; a deadline that passed is a failure all the same.
 */
export function toNetworkError(error: unknown, url: string, signal?: AbortSignal): unknown {
  const isTimeout = error instanceof Error && error.name === 'TimeoutError'
  const isReason = signal?.aborted && error === signal.reason && !isTimeout
  if (isAbortError(error) || isAuthError(error) || isReason) return error
  const host = URL.canParse(url) ? new URL(url).host : 'The server'
  if (isTimeout) {
    return new AuthError('ERR_NETWORK_TIMEOUT', `${host} did not answer in time.`, { cause: error })
  }
  const causes = causesOf(error)
  const words = causes.map((cause) => toOneSafeLine(inWords(cause))).filter(Boolean)
  // Fetch's own words say nothing that its causes do not say better.
  if (words.length > 1 && words[0] === 'fetch failed') words.shift()
  const reason = words.length > 0 ? ` (${[...new Set(words)].join(': ')})` : ''
  return new AuthError(codeFor(causes), `${host} could not be reached${reason}.`, { cause: error })
}

/**
 * The answer's text. A connection that breaks in the middle is a network failure, like one that never stood.
 *
 * @param signal What the request was sent with: its reason is passed on as it is.
 * @throws AuthError `ERR_NETWORK_*`
 */
export async function readText(response: Response, signal?: AbortSignal): Promise<string> {
  try {
    return await response.text()
  } catch (error) {
    throw toNetworkError(error, response.url, signal)
  }
}

/** By what Node, undici and, for a certificate that does not hold, OpenSSL (`X509_V_ERR_*`) call their failures. */
function codeFor(causes: readonly Error[]): ErrorCode {
  const codes = causes.map(codeOf).join(' ')
  if (/TIMED?OUT/.test(codes)) return 'ERR_NETWORK_TIMEOUT'
  return /CERT|SIGNATURE|ERR_(TLS|SSL)_|EPROTO\b/.test(codes) ? 'ERR_NETWORK_TLS' : 'ERR_NETWORK_UNREACHABLE'
}

/** Node's messages mostly have the code in them, and more. */
function inWords(cause: Error): string {
  const code = codeOf(cause)
  if (cause.message.includes(code)) return cause.message
  return cause.message ? `${cause.message} [${code}]` : code
}

/** What Node and its libraries call a failure; empty when they do not. */
export function codeOf(cause: Error): string {
  const code: unknown = Reflect.get(cause, 'code')
  return typeof code === 'string' ? code : ''
}

/** An error and its causes, no further than five: they may go round in circles. */
export function causesOf(error: unknown): Error[] {
  const chain: Error[] = []
  for (let cause = error; cause instanceof Error && chain.length < 5; cause = cause.cause) chain.push(cause)
  return chain
}
