import { setImmediate } from 'node:timers/promises'
import { longestSilenceMs, streamCut, timedOut } from '../backend/index.js'
import type { AnswerTranslation } from '../backend/serving.js'
import { isAuthError, parseJsonObject, readObject, type Clock } from '../core/index.js'
import { ByteOutlet, type ByteReceiver, type ByteSource } from '../network/index.js'
import type { Question } from './asked-request.js'
import { departed } from './departure.js'
import { toFailureAnswer } from './refusal.js'
import type { RequestRecord } from './request-log.js'
import type { Stall, StallGuard, StallListeners } from './stall-guard.js'

/** What happens around an answer while it is sent. */
export interface AnswerWatch {
  readonly record: RequestRecord
  readonly stalls: StallGuard
  readonly clock: Clock
  /** Who asked, and may leave. */
  readonly question: Pick<Question, 'whenLeft'>
  /** Called once, when nothing more of the answer will be sent. */
  readonly onEnd: () => void
}

/** Makes a translation that gives its bytes to `handOn`. */
export type Translate = (handOn: (bytes: Uint8Array) => void) => AnswerTranslation

/**
 * An answer, seen through to its end, once its first bytes are there: until then, a failure can still be answered as an error. A stream that breaks
 * off later cannot change its status any more: what went wrong is its last event, in the shape that clients of the public API raise, and what would
 * say that the answer is whole never comes.
 *
 * @throws why there is no answer; whoever asked ends the record then
 */
export function openAnswer(source: ByteSource, translate: Translate, watch: AnswerWatch): Promise<ByteSource> {
  return new Promise((resolve, reject) => {
    new AnswerStream(source, translate, watch, { resolve, reject }).open()
  })
}

interface Opening {
  readonly resolve: (answer: ByteSource) => void
  readonly reject: (error: unknown) => void
}

/** How long an upstream may take to end an answer whose last event has come, so that its connection can be used again. */
const lingerMs = 1000

/** Takes the bytes of the source, and is the source of those for whoever asked. */
class AnswerStream implements ByteReceiver, ByteSource, StallListeners {
  readonly #source: ByteSource
  readonly #translation: AnswerTranslation
  readonly #watch: AnswerWatch
  readonly #opening: Opening
  readonly #outlet = new ByteOutlet()
  readonly #stall: Stall
  #forget = () => {}
  #hasBegun = false
  #isOver = false
  #hasSourceEnded = false

  constructor(source: ByteSource, translate: Translate, watch: AnswerWatch, opening: Opening) {
    this.#source = source
    this.#watch = watch
    this.#opening = opening
    this.#translation = translate((bytes) => this.#handOn(bytes))
    this.#stall = watch.stalls.watch(this)
  }

  open(): void {
    this.#forget = this.#watch.question.whenLeft(() => this.#leave())
    if (!this.#isOver) this.#source.start(this)
  }

  bytes(chunk: Uint8Array): void {
    if (this.#isOver) return
    this.#step(() => this.#translation.push(chunk))
    // Until something of the answer has come, what else comes does not count as one.
    if (this.#translation.hasBegun) this.#stall.heard()
    if (this.#isOver || !this.#translation.isOver) return
    this.#complete()
    void this.#linger()
  }

  end(): void {
    this.#hasSourceEnded = true
    if (this.#isOver) return
    this.#step(() => this.#translation.end())
    if (!this.#isOver) this.#complete()
  }

  fail(error: unknown): void {
    if (!this.#isOver) this.#breakOff(isAuthError(error) ? error : streamCut(error))
  }

  start(receiver: ByteReceiver): void {
    this.#outlet.start(receiver)
  }

  pause(): void {
    if (this.#isOver) return
    this.#stall.delivered()
    this.#source.pause()
  }

  resume(): void {
    if (this.#isOver) return
    this.#stall.asked()
    this.#source.resume()
  }

  cancel(): void {
    this.#outlet.close()
    this.#leave()
  }

  onStalled(): void {
    this.#giveUp('client_stalled', new Error('The client has stopped reading.'))
  }

  onSilent(): void {
    const what = this.#translation.hasBegun ? 'went silent' : 'did not begin'
    this.fail(timedOut({ what, timeoutMs: longestSilenceMs }))
  }

  #handOn(bytes: Uint8Array): void {
    if (!this.#hasBegun) this.#begin()
    this.#outlet.bytes(bytes)
  }

  #begin(): void {
    this.#hasBegun = true
    this.#stall.heard()
    this.#watch.record.began()
    this.#opening.resolve(this)
  }

  #step(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#breakOff(error)
    }
  }

  #complete(): void {
    if (!this.#hasBegun) this.#begin()
    this.#finish('done')
    this.#outlet.end()
    // The rest of the source is read, so that its connection can be used again.
    if (!this.#hasSourceEnded) this.#source.resume()
  }

  /** The source ends, and not by itself. */
  #breakOff(error: unknown): void {
    this.#close()
    this.#source.cancel()
    if (this.#hasBegun) void this.#tell(error)
    else this.#opening.reject(error)
  }

  async #tell(error: unknown): Promise<void> {
    this.#outlet.bytes(await toErrorEvent(error))
    this.#finish('failed', isAuthError(error) ? error.code : 'gateway_failed')
    this.#outlet.end()
  }

  #leave(): void {
    if (this.#isOver) return
    this.#giveUp('client_left', departed())
  }

  #giveUp(code: string, reason: unknown): void {
    this.#close()
    this.#source.cancel()
    if (!this.#hasBegun) return this.#opening.reject(reason)
    this.#finish('cancelled', code)
    this.#outlet.fail(reason)
  }

  #finish(...how: Parameters<RequestRecord['end']>): void {
    this.#close()
    this.#watch.record.end(...how)
    this.#watch.onEnd()
  }

  #close(): void {
    this.#isOver = true
    this.#stall.stop()
    this.#forget()
  }

  async #linger(): Promise<void> {
    // Nearly always the end has come with the last event.
    await Promise.resolve()
    if (this.#hasSourceEnded) return
    await setImmediate()
    if (!this.#hasSourceEnded) await this.#watch.clock.sleep(lingerMs)
    if (!this.#hasSourceEnded) this.#source.cancel()
  }
}

/** Both shapes in one, since clients of Chat Completions look for `error`, and those of Responses for the rest. */
async function toErrorEvent(error: unknown): Promise<Uint8Array> {
  const answer = parseJsonObject(await toFailureAnswer(error).text())
  const words = readObject(answer, 'error')
  const data = JSON.stringify({ ...words, type: 'error', error: words })
  return new TextEncoder().encode(`event: error\ndata: ${data}\n\n`)
}
