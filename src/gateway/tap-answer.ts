import { parseJsonObject } from '../core/index.js'
import { parseAnswerTokens, type AnswerTokens } from './token-counts.js'

/** How an answer is looked at as it comes from the backend. */
export interface AnswerTap {
  /** Told once what the answer costs, at its end. */
  readonly onUsage: (tokens: AnswerTokens) => void
}

/** The usage stands near the end of the last event, after all that may be long. */
const tailBytes = 8192

/** The same answer, whose bytes are looked at as they pass. No more than a few kilobytes are remembered, however long it is. */
export function tapAnswer(response: Response, { onUsage }: AnswerTap): Response {
  if (!response.ok || !response.body) return response
  const reader = response.body.getReader()
  const tail = createTail()

  function tell(): void {
    const tokens = findUsage(tail.text())
    if (tokens) onUsage(tokens)
  }

  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (!done) {
          tail.add(value)
          return controller.enqueue(value)
        }
        tell()
        controller.close()
      },
      cancel(reason) {
        // Whoever has read the last event need not wait for the end of the stream.
        tell()
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, response)
}

/** The last bytes of what has passed. */
function createTail() {
  const chunks: Uint8Array[] = []
  let length = 0
  return {
    add(chunk: Uint8Array) {
      chunks.push(chunk)
      length += chunk.byteLength
      while (length - (chunks[0]?.byteLength ?? 0) >= tailBytes) length -= chunks.shift()?.byteLength ?? 0
    },
    text: () => Buffer.concat(chunks).toString('utf8', Math.max(0, length - tailBytes)),
  }
}

/** In a string of JSON its quotation marks would be escaped, so this is a member, and the last of its name. */
const member = '"usage":'

function findUsage(text: string): AnswerTokens | undefined {
  const start = text.lastIndexOf(member)
  if (start === -1) return undefined
  const object = /^\s*\{(?:[^{}]|\{[^{}]*\})*\}/.exec(text.slice(start + member.length))?.[0]
  return object === undefined ? undefined : parseAnswerTokens(parseJsonObject(object))
}
