import type { Clock } from '../core/index.js'
import type { ConsoleEvent } from './console-api.js'
import { Refusal } from './refusal.js'

/** The event streams of the console's pages. */
export interface EventHub {
  /** A new stream, which begins with `first`. @throws Refusal 503 when there are too many */
  open(first: readonly ConsoleEvent[]): Response
  send(event: ConsoleEvent): void
  /** Whether anybody listens. */
  readonly isHeard: boolean
  close(): void
}

const keepAliveMs = 15_000
const mostStreams = 16
/** Events that a page has not taken yet; one that leaves more unread has gone to sleep, and asks for the state again when it comes back. */
const mostUnread = 500

export function createEventHub(clock: Clock): EventHub {
  const controllers = new Set<ReadableStreamDefaultController<Uint8Array>>()
  const encoder = new TextEncoder()
  let keepingAlive: AbortController | undefined

  function write(controller: ReadableStreamDefaultController<Uint8Array>, text: string): void {
    if ((controller.desiredSize ?? 0) < -mostUnread) return end(controller)
    controller.enqueue(encoder.encode(text))
  }

  function end(controller: ReadableStreamDefaultController<Uint8Array>): void {
    leave(controller)
    controller.close()
  }

  function leave(controller: ReadableStreamDefaultController<Uint8Array>): void {
    controllers.delete(controller)
    if (controllers.size > 0) return
    keepingAlive?.abort()
    keepingAlive = undefined
  }

  async function keepAlive(signal: AbortSignal): Promise<void> {
    for (;;) {
      await clock.sleep(keepAliveMs, signal)
      for (const controller of controllers) write(controller, ': alive\n\n')
    }
  }

  function startKeepingAlive(): void {
    if (keepingAlive) return
    keepingAlive = new AbortController()
    void keepAlive(keepingAlive.signal).catch(() => undefined)
  }

  return {
    open(first) {
      if (controllers.size >= mostStreams) throw new Refusal(503, 'too_many_pages', 'Too many pages are open.')
      let own: ReadableStreamDefaultController<Uint8Array> | undefined
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          own = controller
          controllers.add(controller)
          write(controller, first.map(toText).join(''))
          startKeepingAlive()
        },
        cancel: () => own && leave(own),
      })
      return new Response(body, {
        headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' },
      })
    },
    send(event) {
      for (const controller of controllers) write(controller, toText(event))
    },
    get isHeard() {
      return controllers.size > 0
    },
    close() {
      for (const controller of controllers) end(controller)
    },
  }
}

function toText(event: ConsoleEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}
