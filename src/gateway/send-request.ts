import { toUpstreamError } from '../backend/index.js'
import type { AnswerRequest, Fields } from '../backend/serving.js'
import { AuthError, waitFor, type Clock, type Session } from '../core/index.js'
import { createSigner } from '../core/signing.js'
import {
  fromStream,
  toStream,
  type ByteSource,
  type IncomingHeaders,
  type Wire,
  type WireAnswer,
} from '../network/index.js'
import type { Question } from './asked-request.js'
import { departed } from './departure.js'

/** An answer of the backend's that is none of its refusals. */
export interface SentAnswer {
  /** Its headers, which take no `Headers`. */
  readonly fields: Fields
  readonly headers: () => Headers
  readonly body: ByteSource
}

/** @throws AuthError what the backend refuses, as `toUpstreamError` reads it; what `session.fetch` throws */
export type Sender = (request: AnswerRequest, waiting: Waiting) => Promise<SentAnswer>

/** Somebody who waits for the answer to begin, and may leave. */
export type Waiting = Pick<Question, 'hasLeft' | 'signal' | 'whenLeft'>

/** Sends over the wire where there is one. What is not an answer yet is for `session.fetch`, which knows how to go on after a 401, and what not to follow. */
export function createSender(session: Session, wire: Wire | undefined, clock: Clock): Sender {
  const signatureOf = createSignature(session)
  const { origin } = new URL(session.provider.backendUrl)

  /** A refresh that is on the wire goes on whoever leaves; what they asked for is not sent after it. */
  async function sendByWire(send: Wire, request: AnswerRequest, waiting: Waiting): Promise<WireAnswer | undefined> {
    const signature = await signatureOf()
    if (waiting.hasLeft) throw departed()
    assertAudience(request.url, origin)
    const { url, headers, body } = request
    const exchange = send({ url, headers: toList(headers, signature), body })
    const forget = waiting.whenLeft(() => exchange.cancel())
    try {
      const answer = await exchange.answer
      if (!isForSession(answer.status)) return answer
      exchange.cancel()
      return undefined
    } finally {
      forget()
    }
  }

  async function sendBySession({ url, ...request }: AnswerRequest, signal: AbortSignal): Promise<SentAnswer> {
    const response = await session.fetch(url, { method: 'POST', ...request, signal })
    if (!response.ok) throw await toUpstreamError(response, clock.now())
    const { headers } = response
    return { fields: headers, headers: () => headers, body: fromStream(response.body) }
  }

  return async (request, waiting) => {
    const answer = wire && (await sendByWire(wire, request, waiting))
    if (!answer) return sendBySession(request, waiting.signal)
    const { status, body } = answer
    const headers = () => toHeaders(answer.headers)
    if (status < 300) return { fields: new WireFields(answer.headers), headers, body }
    const refusal = new Response(toStream(body), { status, headers: headers() })
    try {
      throw await waitFor(() => toUpstreamError(refusal, clock.now()), waiting.signal)
    } finally {
      body.cancel()
    }
  }
}

/** Headers as a wire takes them. @param list What they follow */
function toList(headers: Readonly<Record<string, string>>, list: readonly string[] = []): string[] {
  const longer = [...list]
  for (const name of Object.keys(headers)) longer.push(name, headers[name] ?? '')
  return longer
}

/** What signs a request by the session's credential, worked out when that is another one than before. */
function createSignature(session: Session): () => Promise<readonly string[]> {
  const signatureOf = createSigner(session)
  let last: Headers | undefined
  let signature: readonly string[] = []
  return async () => {
    const headers = signatureOf(await session.credential())
    if (headers !== last) signature = toList(Object.fromEntries(headers))
    last = headers
    return signature
  }
}

/** The session's own `fetch` sees to this; what goes by a wire is looked at here. */
function assertAudience(url: string, origin: string): void {
  // Nearly all begin so, and then there is no need to read the URL.
  if (url.startsWith(`${origin}/`)) return
  const asked = new URL(url)
  if (asked.origin === origin) return
  throw new AuthError('ERR_TOKEN_WRONG_ORIGIN', `A ChatGPT token is not for ${asked.host}.`)
}

function isForSession(status: number): boolean {
  return status === 401 || (status >= 300 && status < 400)
}

/** What came more than once is one value, as `Headers` puts it together (RFC 9110 5.3). */
class WireFields implements Fields {
  readonly #given: IncomingHeaders

  constructor(given: IncomingHeaders) {
    this.#given = given
  }

  forEach(take: (value: string, name: string) => void): void {
    for (const name of Object.keys(this.#given)) {
      const value = this.#given[name] ?? ''
      take(typeof value === 'string' ? value : value.join(', '), name)
    }
  }
}

function toHeaders(given: IncomingHeaders): Headers {
  const headers = new Headers()
  new WireFields(given).forEach((value, name) => headers.append(name, value))
  return headers
}
