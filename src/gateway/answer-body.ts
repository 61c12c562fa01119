import { setImmediate } from 'node:timers/promises'
import { isAuthError, parseJsonObject, readObject } from '../core/index.js'
import { toFailureAnswer } from './refusal.js'
import type { EventRelay } from './event-relay.js'
import type { RequestRecord } from './request-log.js'
import type { StallGuard } from './stall-guard.js'

/** What happens around an answer while it is sent. */
export interface AnswerWatch {
  readonly record: RequestRecord
  readonly stalls: StallGuard
  readonly relay?: EventRelay | undefined
  /** Called once, when nothing more of the answer will be sent. */
  readonly onEnd: () => void
}

/**
 * The same answer, seen through to its end. A stream that breaks off cannot change its status any more: what went wrong is its last event, in
 * the shape that clients of the public API raise, and what would say that the answer is whole never comes.
 */
export async function watchAnswer(response: Response, watch: AnswerWatch): Promise<Response> {
  const { record } = watch
  record.note({ status: response.status, state: 'running', code: response.headers.get('x-planpass-code') })
  if (response.body && isStream(response)) return new Response(watchStream(response.body, watch), response)
  record.note({ firstByteMs: record.ageMs() })
  record.end(response.ok ? 'done' : 'failed')
  watch.onEnd()
  return response
}

function isStream({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') === true
}

function watchStream(
  body: ReadableStream<Uint8Array>,
  { record, stalls, onEnd, relay }: AnswerWatch,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const gather = createGatherer(reader)
  let hasBegun = false

  function finish(...how: Parameters<RequestRecord['end']>): void {
    stall.stop()
    record.end(...how)
    onEnd()
  }

  async function abandon(code: string): Promise<void> {
    finish('cancelled', code)
    await reader.cancel().catch(() => undefined)
  }

  const stall = stalls.watch(() => void abandon('client_stalled').finally(() => failReader?.()))
  let failReader: (() => void) | undefined

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        failReader = () => controller.error(new Error('The client has stopped reading.'))
      },
      async pull(controller) {
        stall.asked()
        try {
          const bytes = await gather()
          if (!hasBegun) record.note({ firstByteMs: record.ageMs() })
          hasBegun = true
          if (bytes) return controller.enqueue(relay ? relay.restore(bytes) : bytes)
          finish('done')
        } catch (error) {
          controller.enqueue(await toErrorEvent(error))
          finish('failed', isAuthError(error) ? error.code : 'gateway_failed')
        } finally {
          stall.delivered()
        }
        controller.close()
      },
      cancel: () => abandon('client_left'),
    },
    { highWaterMark: 0 },
  )
}

/** Events, or marks of the relay: each of those is a chunk of the backend's. */
const mostAtOnce = 64

/** Takes what is at hand in one go: each event would be a packet of its own. @returns `undefined` at the end */
function createGatherer(reader: ReadableStreamDefaultReader<Uint8Array>): () => Promise<Uint8Array | undefined> {
  let pending: ReturnType<typeof reader.read> | undefined
  const read = () => {
    pending ??= reader.read()
    // Whoever asks next is told.
    pending.catch(() => undefined)
    return pending
  }
  return async () => {
    const chunks: Uint8Array[] = []
    let next: Awaited<ReturnType<typeof reader.read>> | undefined = await read()
    const turn = setImmediate(undefined)
    while (next && !next.done) {
      chunks.push(next.value)
      pending = undefined
      if (chunks.length === mostAtOnce) break
      next = await Promise.race([read(), turn]).catch(() => undefined)
    }
    return chunks.length > 0 ? Buffer.concat(chunks) : undefined
  }
}

/** Both shapes in one, since clients of Chat Completions look for `error`, and those of Responses for the rest. */
async function toErrorEvent(error: unknown): Promise<Uint8Array> {
  const answer = parseJsonObject(await toFailureAnswer(error).text())
  const words = readObject(answer, 'error')
  const data = JSON.stringify({ ...words, type: 'error', error: words })
  return new TextEncoder().encode(`event: error\ndata: ${data}\n\n`)
}
