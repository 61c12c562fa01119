import type { ServerResponse } from 'node:http'
import { toStream, type ByteSource } from '../network/index.js'

/** An answer whose bytes come by themselves. */
export interface StreamedAnswer {
  /** For whoever writes it to add to. */
  readonly headers: Record<string, string>
  readonly body: ByteSource
}

/** What a question is answered with. */
export type GivenAnswer = Response | StreamedAnswer

export function toResponse(answer: GivenAnswer): Response {
  if (answer instanceof Response) return answer
  return new Response(toStream(answer.body), { headers: answer.headers })
}

/** Hands the bytes to a connection as they come, and has them wait while its reader does not keep up. */
export function writeAnswer({ headers, body }: StreamedAnswer, outgoing: ServerResponse): void {
  /** What is there at once: of an answer that is there as a whole, the length is told. */
  let early: Uint8Array[] | undefined = []
  let hasEnded = false

  function writeWhole(chunks: readonly Uint8Array[]): void {
    const [only, ...others] = chunks
    const whole = only && others.length === 0 ? only : Buffer.concat(chunks)
    headers['content-length'] = String(whole.length)
    outgoing.writeHead(200, headers).end(whole)
  }

  function writeOn(chunks: readonly Uint8Array[]): void {
    outgoing.on('drain', () => body.resume()).on('close', () => body.cancel())
    outgoing.writeHead(200, headers)
    for (const chunk of chunks) write(chunk)
  }

  function write(chunk: Uint8Array): void {
    if (!outgoing.write(chunk)) body.pause()
  }

  body.start({
    bytes: (chunk) => void (early ? early.push(chunk) : write(chunk)),
    end() {
      hasEnded = true
      if (!early) outgoing.end()
    },
    fail: () => void outgoing.destroy(),
  })
  const chunks = early
  early = undefined
  if (outgoing.destroyed) body.cancel()
  else if (hasEnded) writeWhole(chunks)
  else writeOn(chunks)
}
