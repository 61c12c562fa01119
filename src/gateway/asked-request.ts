import { readBody } from './read-body.js'

/** A request as far as the gateway looks at it, whoever has received it. A `Request` is one. */
export interface AskedRequest {
  readonly method: string
  /** With its origin. */
  readonly url: string
  readonly headers: Pick<Headers, 'get'>
  /** Aborts when whoever asked has left. */
  readonly signal: AbortSignal
}

/** A request for an answer. */
export interface Question extends AskedRequest {
  /** @throws Refusal 400, 413, 415 */
  readText(maximumBytes: number): Promise<string>
  /** Whether whoever asked has left. */
  readonly hasLeft: boolean
  /** Tells when they leave, or at once when they have, which costs less than to listen to the signal. @returns stops it */
  whenLeft(listener: () => void): () => void
}

export function toQuestion(request: Request): Question {
  const { method, url, headers, signal } = request
  return {
    method,
    url,
    headers,
    signal,
    readText: (maximumBytes) => readBody(request, maximumBytes),
    get hasLeft() {
      return signal.aborted
    },
    whenLeft(listener) {
      if (signal.aborted) listener()
      else signal.addEventListener('abort', listener, { once: true })
      return () => signal.removeEventListener('abort', listener)
    },
  }
}
