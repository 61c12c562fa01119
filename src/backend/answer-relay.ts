import {
  parseJsonObject,
  readObject,
  readString,
  systemClock,
  type AuthError,
  type Clock,
  type JsonObject,
} from '../core/index.js'
import { toEventText } from './encode-event-stream.js'
import { createEventParser, type EventParser, type ServerEvent } from './event-parser.js'
import { createEventSplitter, type EventReceiver, type EventSplitter } from './event-splitter.js'
import { beginsForeignBody, firstTellingByte, toForeignBodyError } from './foreign-body.js'
import { failureOf, isLastEvent, parseResponseEvent, streamCut, type ResponseEvent } from './response-events.js'
import { createResponseReducer } from './response-reducer.js'

/** Turns the bytes of the backend's answer into those that the public API would send. */
export interface AnswerRelay {
  /** Whether the last event of the answer has been handed on: nothing follows it. */
  readonly isOver: boolean
  /** @throws AuthError for an answer that says that it failed, and for what is no answer at all; what came before it has been handed on already */
  push(chunk: Uint8Array): void
  /** To be called when no more comes. @throws AuthError `ERR_UPSTREAM_STREAM_CUT` before the last event, and as `push` */
  end(): void
}

/** How an answer is relayed. */
export interface AnswerRelayOptions {
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
 * Passes most of an answer's bytes on as they are: it has thousands of events that nobody in between needs to know. What decides about it is read:
 * its end, its failure, and events that are not of the public API, on which its clients give up. Its items are kept for its end, since the last
 * event leaves them out and has to repeat them (openai/openai-python#3312). The content type is not asked: the backend may send none.
 */
export function createAnswerRelay(options: AnswerRelayOptions): AnswerRelay {
  return new Relay(options)
}

/** A class, and no literal with a getter: engines keep what such a literal refers to until they look through the whole heap. */
class Relay implements AnswerRelay, EventReceiver {
  isOver = false
  readonly #options: AnswerRelayOptions
  readonly #clock: Clock
  readonly #splitter: EventSplitter = createEventSplitter(this)
  readonly #kept: string[] = []
  #parser: EventParser | undefined
  #hasBegun = false
  #foreign: { text: string; readonly decoder: TextDecoder } | undefined

  constructor(options: AnswerRelayOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  push(chunk: Uint8Array): void {
    if (this.isOver) return
    if (!this.#hasBegun) this.#begin(chunk)
    const foreign = this.#foreign
    if (!foreign) return this.#splitter.push(chunk)
    foreign.text += foreign.decoder.decode(chunk, { stream: true })
    if (foreign.text.length >= mostForeignCharacters) this.#refuse(foreign.text)
  }

  end(): void {
    if (this.isOver) return
    if (this.#foreign) this.#refuse(this.#foreign.text)
    this.#splitter.end()
    if (this.#parser) this.#take(this.#parser.end())
    if (!this.isOver) throw streamCut()
  }

  pass(bytes: Uint8Array): void {
    if (!this.isOver) this.#options.handOn(bytes)
  }

  /** As text, so that no chunk is held for the sake of one event. */
  keep(bytes: Uint8Array): void {
    this.#kept.push(decoder.decode(bytes))
  }

  readWhole(bytes: Uint8Array): void {
    for (const event of this.isOver ? [] : readEvents(decoder.decode(bytes))) this.#takeEvent(event)
  }

  read(bytes: Uint8Array): void {
    this.#parser ??= createEventParser()
    this.#take(this.#parser.push(bytes))
  }

  #begin(chunk: Uint8Array): void {
    const first = firstTellingByte(chunk)
    this.#hasBegun = first !== undefined
    if (beginsForeignBody(first)) this.#foreign = { text: '', decoder: new TextDecoder() }
  }

  #refuse(text: string): never {
    throw toForeignBodyError({ headers: this.#options.headers() }, text, this.#clock.now())
  }

  #take(events: readonly ServerEvent[]): void {
    for (const server of events) {
      const event = this.isOver ? undefined : parseResponseEvent(server)
      if (event) this.#takeEvent(event)
    }
  }

  #takeEvent(event: WrittenEvent): void {
    const failure = failureOf(event, this.#clock)
    this.isOver = isLastEvent(event)
    if (failure || this.isOver) this.#tellUsage(event)
    if (failure) this.#options.noticeFailure?.(failure)
    if (failure) throw failure
    if (!event.type.startsWith('response.')) return
    const text = this.isOver ? toLastText(event, this.#kept) : toEventText(event)
    if (keptTypes.test(event.type)) this.#kept.push(text)
    this.#options.handOn(encoder.encode(text))
  }

  #tellUsage({ data }: ResponseEvent): void {
    const usage = readObject(readObject(data, 'response'), 'usage')
    if (usage) this.#options.noticeUsage?.(usage)
  }
}

/** The last event as the public API would send it. Of what came before, its response is missing the items, and where it has none, all. */
function toLastText(last: WrittenEvent, kept: readonly string[]): string {
  const given = readObject(last.data, 'response')
  const reducer = createResponseReducer()
  for (const text of kept) {
    if (given && !text.startsWith(itemHead)) continue
    for (const event of readEvents(text)) reducer.add(event)
  }
  reducer.add(last)
  const response = reducer.result()
  if (!response) return toEventText(last)
  return putItemsIn(last, response) ?? toEventText({ ...last, data: { ...last.data, response } })
}

/** A response repeats its whole request, so it stays as it was written where the items are all that it lacks, and their place is plain. */
function putItemsIn({ type, data, json = '' }: WrittenEvent, { output }: JsonObject): string | undefined {
  const given = readObject(data, 'response')
  if (readString(given, 'status') === undefined || !Array.isArray(given?.['output'])) return undefined
  const place = json.indexOf(noItems)
  if (place === -1 || json.indexOf('"output"') !== place || json.lastIndexOf('"output"') !== place) return undefined
  const items = `"output":${JSON.stringify(output)}`
  return `event: ${type}\ndata: ${json.slice(0, place)}${items}${json.slice(place + noItems.length)}\n\n`
}

const noItems = '"output":[]'
const keptTypes = /^response\.(?:output_item\.|created$|in_progress$)/
const itemHead = 'event: response.output_item.'
const dataStart = '\ndata: {'
const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** An event, and what it says as it was written, where that is one line. */
interface WrittenEvent extends ResponseEvent {
  readonly json?: string
}

/** What a whole event says; nearly all have one line of data, which takes no parser. */
function readEvents(text: string): WrittenEvent[] {
  const at = text.indexOf(dataStart)
  const json = at === -1 ? '' : text.slice(at + dataStart.length - 1, -2)
  const data = parseJsonObject(json)
  const type = readString(data, 'type')
  if (data && type !== undefined) return [{ type, data, json }]
  return createEventParser()
    .push(encoder.encode(text))
    .flatMap((server) => parseResponseEvent(server) ?? [])
}
