import { AuthError, parseJsonObject, readObject, readString, toOneSafeLine } from '../core/index.js'
import { toStreamError } from './upstream-error.js'

/** What stands in front of a stream and means nothing: white space, and the bytes of a byte order mark. */
const leadingBytes = new Set([0x09, 0x0a, 0x0d, 0x20, 0xef, 0xbb, 0xbf])

/** The first byte that says what this is. */
export function firstTellingByte(bytes: Uint8Array): number | undefined {
  return bytes.find((byte) => !leadingBytes.has(byte))
}

/** No field of an event stream begins as a page or a JSON document does. The content type is not asked: the backend may send none. */
export function beginsForeignBody(byte: number | undefined): boolean {
  return byte !== undefined && '<{['.includes(String.fromCodePoint(byte))
}

/** The error that a body stands for which came instead of an event stream. */
export function toForeignBodyError({ headers }: Pick<Response, 'headers'>, text: string, nowMs: number): AuthError {
  const body = text.slice(text.search(/[<{[]/))
  if (body.startsWith('<')) return toPageError(headers, body)
  const json = parseJsonObject(body)
  const message = readString(json, 'error') ?? readString(json, 'detail') ?? readString(json, 'message')
  const error = readObject(json, 'error') ?? (message === undefined ? undefined : { message })
  if (error) return toStreamError(error, nowMs)
  return new AuthError('ERR_UPSTREAM_BAD_RESPONSE', 'A JSON document came instead of a stream of events.')
}

/** How the pages of Cloudflare, which is the edge of the service, are known. */
const edgePage = /just a moment|attention required|cloudflare|cf-chl|challenge-platform/i

function toPageError(headers: Headers, text: string): AuthError {
  if (!headers.has('cf-mitigated') && !edgePage.test(text)) {
    const title = toOneSafeLine(/<title[^>]*>([^<]*)/i.exec(text)?.[1]?.trim() ?? '')
    return new AuthError(
      'ERR_UPSTREAM_BAD_RESPONSE',
      `A web page came instead of an answer${title && ` (${title})`}.`,
      {
        advice: 'A proxy or the sign-in page of your network may stand in between.',
      },
    )
  }
  const ray = headers.get('cf-ray')
  return new AuthError(
    'ERR_UPSTREAM_EDGE_BLOCKED',
    `The network edge in front of the service refused the request${ray ? ` (ray ${toOneSafeLine(ray)})` : ''}.`,
  )
}
