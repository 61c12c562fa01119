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
import { createEventSplitter } from './event-splitter.js'
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
  const { handOn, clock = systemClock } = options
  const kept: Uint8Array[] = []
  let parser: EventParser | undefined
  let hasBegun = false
  let isOver = false
  let foreign: { text: string; readonly decoder: TextDecoder } | undefined

  function begin(chunk: Uint8Array): void {
    const first = firstTellingByte(chunk)
    hasBegun = first !== undefined
    if (beginsForeignBody(first)) foreign = { text: '', decoder: new TextDecoder() }
  }

  function endForeign({ text }: { readonly text: string }): never {
    throw toForeignBodyError({ headers: options.headers() }, text, clock.now())
  }

  function read(events: readonly ServerEvent[]): void {
    for (const event of events) {
      if (!isOver) take(event)
    }
  }

  function take(server: ServerEvent): void {
    const event = parseResponseEvent(server)
    if (!event) return
    const failure = failureOf(event, clock)
    isOver = isLastEvent(event)
    if (failure || isOver) tellUsage(event)
    if (failure) options.noticeFailure?.(failure)
    if (failure) throw failure
    if (!event.type.startsWith('response.')) return
    const bytes = encoder.encode(toEventText(isOver ? withItems(event, kept) : event))
    if (keptTypes.test(event.type)) kept.push(bytes)
    handOn(bytes)
  }

  function tellUsage({ data }: ResponseEvent): void {
    const usage = readObject(readObject(data, 'response'), 'usage')
    if (usage) options.noticeUsage?.(usage)
  }

  const splitter = createEventSplitter({
    pass(bytes) {
      if (!isOver) handOn(bytes)
    },
    // A copy, so that no chunk is held for the sake of one event.
    keep: (bytes) => void kept.push(new Uint8Array(bytes)),
    read: (bytes) => read((parser ??= createEventParser()).push(bytes)),
  })
  return {
    get isOver() {
      return isOver
    },
    push(chunk) {
      if (isOver) return
      if (!hasBegun) begin(chunk)
      if (!foreign) return splitter.push(chunk)
      foreign.text += foreign.decoder.decode(chunk, { stream: true })
      if (foreign.text.length >= mostForeignCharacters) endForeign(foreign)
    },
    end() {
      if (isOver) return
      if (foreign) endForeign(foreign)
      splitter.end()
      if (parser) read(parser.end())
      if (!isOver) throw streamCut()
    },
  }
}

/** The last event as the public API would send it. Of what came before, its response is missing the items, and where it has none, all. */
function withItems(last: ResponseEvent, kept: readonly Uint8Array[]): ResponseEvent {
  const hasResponse = readObject(last.data, 'response') !== undefined
  const reducer = createResponseReducer()
  for (const bytes of kept) {
    const text = decoder.decode(bytes)
    if (hasResponse && !text.startsWith(itemHead)) continue
    for (const event of readEvents(text, bytes)) reducer.add(event)
  }
  reducer.add(last)
  const response = reducer.result()
  return response ? { ...last, data: { ...last.data, response } } : last
}

const keptTypes = /^response\.(?:output_item\.|created$|in_progress$)/
const itemHead = 'event: response.output_item.'
const dataStart = '\ndata: {'
const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** What a whole event says; nearly all have one line of data, which takes no parser. */
function readEvents(text: string, bytes: Uint8Array): ResponseEvent[] {
  const at = text.indexOf(dataStart)
  const data = at === -1 ? undefined : parseJsonObject(text.slice(at + dataStart.length - 1, -1))
  const type = readString(data, 'type')
  if (data && type !== undefined) return [{ type, data }]
  return createEventParser()
    .push(bytes)
    .flatMap((server) => parseResponseEvent(server) ?? [])
}
