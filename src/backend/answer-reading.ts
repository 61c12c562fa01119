import { readObject, systemClock, type AuthError, type Clock, type JsonObject } from '../core/index.js'
import { createEventParser, type EventParser, type ServerEvent } from './event-parser.js'
import { beginsForeignBody, firstTellingByte, toForeignBodyError } from './foreign-body.js'
import { failureOf, isLastEvent, parseResponseEvent, streamCut, type ResponseEvent } from './response-events.js'

/** Turns the bytes of the backend's answer into those that the public API would send. */
export interface AnswerTranslation {
  /** Whether something of the answer has come, be it handed on or not. */
  readonly hasBegun: boolean
  /** Whether the last event of the answer has been handed on: nothing follows it. */
  readonly isOver: boolean
  /** @throws AuthError for an answer that says that it failed, and for what is no answer at all; what came before it has been handed on already */
  push(chunk: Uint8Array): void
  /** To be called when no more comes. @throws AuthError `ERR_UPSTREAM_STREAM_CUT` before the last event, and as `push` */
  end(): void
}

/** How an answer is translated. */
export interface AnswerTranslationOptions {
  /** Takes the bytes for whoever asked. */
  readonly handOn: (bytes: Uint8Array) => void
  /** Those of the answer: they tell what a page is that came instead of one. */
  readonly headers: () => Headers
  readonly clock?: Clock | undefined
  /** Is given the `usage` of the last event, whether the answer is whole or failed. */
  readonly noticeUsage?: ((usage: JsonObject) => void) | undefined
  /** Is told of what the answer says of its failure, before it is thrown. */
  readonly noticeFailure?: ((failure: AuthError) => void) | undefined
}

/** As much of a foreign body as it takes to know it. */
const mostForeignCharacters = 64 * 1024

/**
 * What every translation reads of an answer: whether it is one, its failure, its usage, and its end. The content type is not asked: the backend may
 * send none. A class, since an object literal with a getter keeps what it refers to until the engine looks through its whole heap.
 */
export class AnswerReading {
  hasBegun = false
  isOver = false
  readonly #options: Omit<AnswerTranslationOptions, 'handOn'>
  readonly #clock: Clock
  #isKnown = false
  #parser: EventParser | undefined
  #foreign: { text: string; readonly decoder: TextDecoder } | undefined

  constructor(options: Omit<AnswerTranslationOptions, 'handOn'>) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** Whether these are bytes of something else than an answer, which is kept until it is known what it is. */
  isForeign(chunk: Uint8Array): boolean {
    if (!this.#isKnown) this.#begin(chunk)
    const foreign = this.#foreign
    if (!foreign) return false
    foreign.text += foreign.decoder.decode(chunk, { stream: true })
    if (foreign.text.length >= mostForeignCharacters) this.#refuse(foreign.text)
    return true
  }

  /** The events that these bytes complete, up to the last one of the answer. */
  *read(bytes: Uint8Array): Generator<ResponseEvent, void, undefined> {
    this.#parser ??= createEventParser()
    yield* this.#take(this.#parser.push(bytes))
  }

  /** As `read`, when no more comes; to be iterated to its end. */
  *end(): Generator<ResponseEvent, void, undefined> {
    if (this.#foreign) this.#refuse(this.#foreign.text)
    if (this.#parser) yield* this.#take(this.#parser.end())
    if (!this.isOver) throw streamCut()
  }

  /** Looks at an event before it is told. @throws AuthError what it says of a failure */
  notice(event: ResponseEvent): void {
    this.hasBegun = true
    const failure = failureOf(event, this.#clock)
    this.isOver = isLastEvent(event)
    if (failure || this.isOver) this.#tellUsage(event)
    if (failure) this.#options.noticeFailure?.(failure)
    if (failure) throw failure
  }

  #begin(chunk: Uint8Array): void {
    const first = firstTellingByte(chunk)
    this.#isKnown = first !== undefined
    if (beginsForeignBody(first)) this.#foreign = { text: '', decoder: new TextDecoder() }
  }

  #refuse(text: string): never {
    throw toForeignBodyError({ headers: this.#options.headers() }, text, this.#clock.now())
  }

  *#take(events: readonly ServerEvent[]): Generator<ResponseEvent, void, undefined> {
    for (const server of events) {
      const event = this.isOver ? undefined : parseResponseEvent(server)
      if (!event) continue
      this.notice(event)
      yield event
    }
  }

  #tellUsage({ data }: ResponseEvent): void {
    const usage = readObject(readObject(data, 'response'), 'usage')
    if (usage) this.#options.noticeUsage?.(usage)
  }
}
