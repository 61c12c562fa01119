import { isAuthError, parseJsonObject, readObject } from '../core/index.js'
import { toFailureAnswer } from './refusal.js'
import type { RequestRecord } from './request-log.js'
import type { StallGuard } from './stall-guard.js'

/** What happens around an answer while it is sent. */
export interface AnswerWatch {
  readonly record: RequestRecord
  readonly stalls: StallGuard
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
  { record, stalls, onEnd }: AnswerWatch,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
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
          const { done, value } = await reader.read()
          if (!hasBegun) record.note({ firstByteMs: record.ageMs() })
          hasBegun = true
          if (!done) return controller.enqueue(value)
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

/** Both shapes in one, since clients of Chat Completions look for `error`, and those of Responses for the rest. */
async function toErrorEvent(error: unknown): Promise<Uint8Array> {
  const answer = parseJsonObject(await toFailureAnswer(error).text())
  const words = readObject(answer, 'error')
  const data = JSON.stringify({ ...words, type: 'error', error: words })
  return new TextEncoder().encode(`event: error\ndata: ${data}\n\n`)
}
