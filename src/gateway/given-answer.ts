import type { ServerResponse } from 'node:http'
import { toStream, type ByteSource } from '../network/index.js'

/** An answer whose bytes come by themselves. */
export interface StreamedAnswer {
  readonly headers: Readonly<Record<string, string>>
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
  outgoing.writeHead(200, headers)
  outgoing.on('drain', () => body.resume()).once('close', () => body.cancel())
  body.start({
    bytes(chunk) {
      if (!outgoing.write(chunk)) body.pause()
    },
    end: () => void outgoing.end(),
    fail: () => void outgoing.destroy(),
  })
}
