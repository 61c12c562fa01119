import type { JsonObject } from '../core/index.js'
import { AnswerReading, type AnswerTranslation, type AnswerTranslationOptions } from './answer-reading.js'
import { createChatChunks, type ChatChunkOptions } from './chat-answer-chunks.js'
import { toChatCompletion } from './chat-answer.js'
import { lastChunkText, toChunkText } from './encode-event-stream.js'
import { isLastEvent, streamCut, type ResponseEvent } from './response-events.js'
import { createResponseReducer } from './response-reducer.js'

/** The whole response as one JSON document, once its last event is there. */
export function createResponseTranslation(
  options: AnswerTranslationOptions,
  toBody: (response: JsonObject) => JsonObject = (response) => response,
): AnswerTranslation {
  const reducer = createResponseReducer()
  return new EventTranslation(options, (event) => {
    reducer.add(event)
    if (!isLastEvent(event)) return ''
    const response = reducer.result()
    if (!response) throw streamCut()
    return JSON.stringify(toBody(response))
  })
}

/** A completion of the Chat Completions API as one JSON document. */
export function createCompletionTranslation(
  options: AnswerTranslationOptions,
  chatOptions: ChatChunkOptions,
): AnswerTranslation {
  return createResponseTranslation(options, (response) => toChatCompletion(response, chatOptions))
}

/** The chunks of the Chat Completions API, as they come. */
export function createChunksTranslation(
  options: AnswerTranslationOptions,
  chatOptions: ChatChunkOptions,
): AnswerTranslation {
  const chunks = createChatChunks(chatOptions)
  return new EventTranslation(options, (event) => {
    const text = chunks.add(event).map(toChunkText).join('')
    return isLastEvent(event) ? text + lastChunkText : text
  })
}

/** Tells of each event in words of its own, which are nothing for most. */
class EventTranslation implements AnswerTranslation {
  readonly #handOn: (bytes: Uint8Array) => void
  readonly #reading: AnswerReading
  readonly #toText: (event: ResponseEvent) => string

  constructor(options: AnswerTranslationOptions, toText: (event: ResponseEvent) => string) {
    this.#handOn = options.handOn
    this.#reading = new AnswerReading(options)
    this.#toText = toText
  }

  get hasBegun(): boolean {
    return this.#reading.hasBegun
  }

  get isOver(): boolean {
    return this.#reading.isOver
  }

  push(chunk: Uint8Array): void {
    if (!this.isOver && !this.#reading.isForeign(chunk)) this.#tell(this.#reading.read(chunk))
  }

  end(): void {
    if (!this.isOver) this.#tell(this.#reading.end())
  }

  /** All at once, and what came before a failure too. */
  #tell(events: Iterable<ResponseEvent>): void {
    let text = ''
    try {
      for (const event of events) text += this.#toText(event)
    } finally {
      if (text !== '') this.#handOn(encoder.encode(text))
    }
  }
}

const encoder = new TextEncoder()
