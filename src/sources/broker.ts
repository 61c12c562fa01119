import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { fingerprint, isAuthError, Secret, toOneSafeLine, type AuthError, type Session } from '../core/index.js'
import { replaceRejected } from '../core/external.js'
import { exportAccessOnly } from './access-document.js'

/** Who may ask a broker. */
export interface BrokerOptions {
  /** What a caller has to send as its bearer; without it, whoever can reach the broker may ask. */
  readonly key?: Secret
  /** The `Host` values that are ours, `127.0.0.1:8787`; others are refused, so that no page can reach us under a name of its own. */
  readonly hosts?: readonly string[]
}

/** Answers `GET /token`. */
export type Broker = (request: Request) => Promise<Response>

/** The one path a broker knows. */
export const brokerPath = '/token'

/**
 * Gives out the access tokens of a session, and never its refresh token: what `exportAccessOnly` makes. A caller whose token was refused names
 * it by its `fingerprint` in the query, `?rejected=…`; only when that is still ours it is refreshed.
 */
export function createBroker(session: Pick<Session, 'credential' | 'refresh'>, options: BrokerOptions = {}): Broker {
  async function give(rejected: string | null): Promise<Response> {
    const current = await session.credential()
    const isRefused = rejected !== null && rejected === (await fingerprint(current.accessToken))
    const given = isRefused ? await replaceRejected(session, current.accessToken) : current
    return answer(200, exportAccessOnly(given))
  }

  return async (request) => {
    const refusal = refuse(request, options)
    if (refusal) return refusal
    try {
      return await give(new URL(request.url).searchParams.get('rejected'))
    } catch (error) {
      return isAuthError(error) ? failure(error) : problem(500, toOneSafeLine(String(error)))
    }
  }
}

/** A key nobody guesses. */
export function createBrokerKey(): Secret {
  return new Secret(randomBytes(32).toString('base64url'))
}

function refuse(request: Request, { key, hosts }: BrokerOptions): Response | undefined {
  const url = new URL(request.url)
  // No page of a browser has business here, whatever it knows (a request of its own always names its origin or its site).
  if (request.headers.has('origin') || request.headers.has('sec-fetch-site')) return problem(403, 'not for browsers')
  if (hosts && !hosts.includes(url.host)) return problem(403, 'not a name of this broker')
  if (key && !isSameKey(request.headers.get('authorization'), key)) return problem(401, 'the key is missing or wrong')
  if (url.pathname !== brokerPath) return problem(404, 'no such path')
  return request.method === 'GET' ? undefined : problem(405, 'ask with GET')
}

/** Compared as digests, in a time that tells nothing. */
function isSameKey(authorization: string | null, key: Secret): boolean {
  return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${key.reveal()}`))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** The session's own code and words, so that the asking program can say what is wrong here. */
function failure({ code, summary, retryable }: AuthError): Response {
  return answer(retryable ? 503 : 502, JSON.stringify({ error: { code, message: summary } }))
}

function problem(status: number, message: string): Response {
  return answer(status, JSON.stringify({ error: { message } }))
}

function answer(status: number, body: string): Response {
  return new Response(body, { status, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' } })
}
