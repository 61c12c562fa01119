import { toUpstreamError, type AnswerRequest } from '../backend/index.js'
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
  readonly headers: () => Headers
  readonly body: ByteSource
}

/** @throws AuthError what the backend refuses, as `toUpstreamError` reads it; what `session.fetch` throws */
export type Sender = (request: AnswerRequest, waiting: Waiting) => Promise<SentAnswer>

/** Somebody who waits for the answer to begin, and may leave. */
export type Waiting = Pick<Question, 'hasLeft' | 'signal' | 'whenLeft'>

/** Sends over the wire where there is one. What is not an answer yet is for `session.fetch`, which knows how to go on after a 401, and what not to follow. */
export function createSender(session: Session, wire: Wire | undefined, clock: Clock): Sender {
  const signatureOf = createSigner(session)

  /** A refresh that is on the wire goes on whoever leaves; what they asked for is not sent after it. */
  async function sendByWire(send: Wire, request: AnswerRequest, waiting: Waiting): Promise<WireAnswer | undefined> {
    const signature = Object.fromEntries(signatureOf(await session.credential()))
    if (waiting.hasLeft) throw departed()
    assertAudience(request.url, session)
    const exchange = send({ ...request, headers: { ...request.headers, ...signature } })
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
    return { headers: () => response.headers, body: fromStream(response.body) }
  }

  return async (request, waiting) => {
    const answer = wire && (await sendByWire(wire, request, waiting))
    if (!answer) return sendBySession(request, waiting.signal)
    const { status, body } = answer
    const headers = () => toHeaders(answer.headers)
    if (status < 300) return { headers, body }
    const refusal = new Response(toStream(body), { status, headers: headers() })
    try {
      throw await waitFor(() => toUpstreamError(refusal, clock.now()), waiting.signal)
    } finally {
      body.cancel()
    }
  }
}

/** The session's own `fetch` sees to this; what goes by a wire is looked at here. */
function assertAudience(url: string, { provider }: Session): void {
  const { origin, host } = new URL(url)
  if (origin === new URL(provider.backendUrl).origin) return
  throw new AuthError('ERR_TOKEN_WRONG_ORIGIN', `A ChatGPT token is not for ${host}.`)
}

function isForSession(status: number): boolean {
  return status === 401 || (status >= 300 && status < 400)
}

/** What came more than once is one value, as `Headers` put it together (RFC 9110 5.3). */
function toHeaders(given: IncomingHeaders): Headers {
  const headers = new Headers()
  for (const [name, value = []] of Object.entries(given)) {
    for (const one of typeof value === 'string' ? [value] : value) headers.append(name, one)
  }
  return headers
}
