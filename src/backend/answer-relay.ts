import { parseJsonObject, readObject, readString } from '../core/index.js'
import { AnswerReading, type AnswerTranslation, type AnswerTranslationOptions } from './answer-reading.js'
import { toEventText } from './encode-event-stream.js'
import { createEventParser } from './event-parser.js'
import { createEventSplitter, type EventReceiver, type EventSplitter } from './event-splitter.js'
import { readPlainItems } from './plain-items.js'
import { parseResponseEvent, type ResponseEvent } from './response-events.js'
import { createResponseReducer } from './response-reducer.js'

/**
 * Passes most of an answer's bytes on as they are: it has thousands of events that nobody in between needs to know. What decides about it is read:
 * its end, its failure, and events that are not of the public API, on which its clients give up. Its items are kept for its end, since the last
 * event leaves them out and has to repeat them (openai/openai-python#3312).
 */
export function createAnswerRelay(options: AnswerTranslationOptions): AnswerTranslation {
  return new Relay(options)
}

class Relay implements AnswerTranslation, EventReceiver {
  readonly #handOn: (bytes: Uint8Array) => void
  readonly #reading: AnswerReading
  readonly #splitter: EventSplitter = createEventSplitter(this)
  readonly #kept: string[] = []

  constructor(options: AnswerTranslationOptions) {
    this.#handOn = options.handOn
    this.#reading = new AnswerReading(options)
  }

  get hasBegun(): boolean {
    return this.#reading.hasBegun
  }

  get isOver(): boolean {
    return this.#reading.isOver
  }

  push(chunk: Uint8Array): void {
    if (!this.isOver && !this.#reading.isForeign(chunk)) this.#splitter.push(chunk)
  }

  end(): void {
    if (this.isOver) return
    this.#splitter.end()
    for (const event of this.#reading.end()) this.#take(event)
  }

  pass(bytes: Uint8Array): void {
    if (this.isOver) return
    this.#reading.hasBegun = true
    this.#handOn(bytes)
  }

  /** As text, so that no chunk is held for the sake of one event. */
  keep(bytes: Uint8Array): void {
    this.#kept.push(decoder.decode(bytes))
  }

  readWhole(bytes: Uint8Array): void {
    for (const event of this.isOver ? [] : readEvents(decoder.decode(bytes))) {
      this.#reading.notice(event)
      this.#take(event)
    }
  }

  read(bytes: Uint8Array): void {
    for (const event of this.#reading.read(bytes)) this.#take(event)
  }

  #take(event: WrittenEvent): void {
    if (!event.type.startsWith('response.')) return
    const text = this.isOver ? toLastText(event, this.#kept) : toEventText(event)
    if (keptTypes.test(event.type)) this.#kept.push(text)
    this.#handOn(encoder.encode(text))
  }
}

/** The last event as the public API would send it. Of what came before, its response is missing the items, and where it has none, all. */
function toLastText(last: WrittenEvent, kept: readonly string[]): string {
  const items = readPlainItems(kept.filter((text) => text.startsWith(itemHead)))
  return putItemsIn(last, items) ?? toReducedText(last, kept)
}

function toReducedText(last: WrittenEvent, kept: readonly string[]): string {
  const given = readObject(last.data, 'response')
  const reducer = createResponseReducer()
  for (const text of kept) {
    if (given && !text.startsWith(itemHead)) continue
    for (const event of readEvents(text)) reducer.add(event)
  }
  reducer.add(last)
  const response = reducer.result()
  if (!response) return toEventText(last)
  const items = JSON.stringify(response['output']).slice(1, -1)
  return putItemsIn(last, items) ?? toEventText({ ...last, data: { ...last.data, response } })
}

/** A response repeats its whole request, so it stays as it was written where the items are all that it lacks, and their place is plain. */
function putItemsIn({ type, data, json = '' }: WrittenEvent, items: string | undefined): string | undefined {
  const given = readObject(data, 'response')
  if (items === undefined || readString(given, 'status') === undefined) return undefined
  if (!Array.isArray(given?.['output'])) return undefined
  const place = json.indexOf(noItems)
  if (place === -1 || json.indexOf('"output"') !== place || json.lastIndexOf('"output"') !== place) return undefined
  return `event: ${type}\ndata: ${json.slice(0, place)}"output":[${items}]${json.slice(place + noItems.length)}\n\n`
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
