import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAnswerRelay } from '../../src/backend/answer-relay.js'
import { readEventStream } from '../../src/backend/index.js'
import { toPublicEvents } from '../../src/backend/openai-events.js'
import { readResponseEvents } from '../../src/backend/response-events.js'
import { toArray } from '../support/to-array.js'

interface Relayed {
  readonly text: string
  /** Why there is no answer, or no whole one. */
  readonly failure: unknown
}

/** Through the relay, in pieces. */
function relay(bytes: Uint8Array, cuts: readonly number[]): Relayed {
  const handed: Uint8Array[] = []
  const answer = createAnswerRelay({ handOn: (piece) => handed.push(piece.slice()), headers: () => new Headers() })
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), 0, bytes.length].toSorted((one, other) => one - other)
  let failure: unknown
  try {
    for (const [index, place] of places.slice(1).entries()) answer.push(bytes.subarray(places[index], place))
    answer.end()
  } catch (error) {
    failure = error
  }
  return { text: Buffer.concat(handed).toString(), failure }
}

/** The same answer by the way that reads every event. */
async function read(bytes: Uint8Array) {
  const events: object[] = []
  const reading = (async () => {
    for await (const { data } of toPublicEvents(readResponseEvents(new Response(bytes.slice())))) {
      events.push(data)
    }
  })()
  const failure = await reading.catch((error: unknown) => error)
  return { failure, events }
}

async function eventsIn(text: string): Promise<object[]> {
  const stream = new Blob([text]).stream()
  const events = await toArray(readEventStream(stream))
  return events.map(({ data }) => JSON.parse(data) as object)
}

function event(type: string, members: object = {}, lineEnd = '\n'): string {
  return `event: ${type}${lineEnd}data: ${JSON.stringify({ type, ...members })}${lineEnd}${lineEnd}`
}

const item = (index: number) => ({
  output_index: index,
  item: { type: 'message', content: [{ text: 'y'.repeat(300) }] },
})
const kinds = [
  event('response.created', { response: { id: 'resp_1', output: [] } }),
  event('response.output_text.delta', { delta: 'été 🙂 event: response.completed\n' }),
  event('response.output_text.delta', { delta: 'x'.repeat(300) }),
  event('response.reasoning_summary_text.delta', { delta: '\n\n' }),
  event('response.output_item.added', item(0)),
  event('response.output_item.done', item(0)),
  event('response.output_item.added', item(1)),
  event('response.output_item.done', item(1)),
  event('response.output_item.done', { item: { type: 'function_call', arguments: '{"a":{},"b":1}' }, output_index: 0 }),
  event('codex.rate_limits', { primary: null }),
  event('response.output_text.delta', { delta: 'with CR' }, '\r\n'),
  ': a comment\n\n',
  '\n',
  'data: {"type":"response.in_progress"}\n\n',
  'id: 7\nevent: response.in_progress\ndata: {"type":"response.in_progress"}\n\n',
]
const ends = [
  event('response.completed', { response: { id: 'resp_1', output: [], usage: { input_tokens: 1 } } }),
  event('response.incomplete', { response: { id: 'resp_1', incomplete_details: { reason: 'max_output_tokens' } } }),
  event('response.failed', { response: { error: { code: 'server_error', message: 'It broke.' } } }),
  event('error', { code: 'server_error', message: 'It broke.' }),
  '',
  event('response.output_text.delta', { delta: 'cut' }).slice(0, 50),
  `${event('response.completed', { response: { output: [{ type: 'message' }] } })}data: [DONE]\n\n${kinds[1]}`,
  `${event('response.completed', { response: { id: 'resp_1', status: 'completed', output: [] } })}data: no JSON\n\n`,
  event('response.completed', { response: { status: 'completed', metadata: { output: 'x' }, output: [] } }),
  event('response.completed', { response: { status: 'completed', metadata: { output: [] } } }),
  event('response.completed', { response: { id: 'r', status: 'completed', output: [], usage: { input_tokens: 1 } } }),
  event('response.completed', {
    response: { instructions: '"output":[]', status: 'completed', output: [], usage: { total: { tokens: 3 } } },
    sequence_number: 3,
  }),
  event('response.completed', {
    response: { status: 'completed', tools: [{ default: { output: [] } }], usage: { input_tokens: 1 } },
  }),
  event('response.completed', { response: { output: [], metadata: { status: 'completed' }, usage: {} } }),
  event('response.completed', { response: { status: 'completed', output: [] } }).replace('"output"', 'output'),
]

describe('the relay of an answer', () => {
  it('hands on what reading every event would, in whatever pieces the answer comes', async () => {
    const answer = fc.tuple(fc.array(fc.constantFrom(...kinds)), fc.constantFrom(...ends))
    await fc.assert(
      fc.asyncProperty(answer, fc.array(fc.nat(), { maxLength: 20 }), async ([events, end], cuts) => {
        const bytes = new TextEncoder().encode(events.join('') + end)
        const expected = await read(bytes)
        const relayed = relay(bytes, cuts)
        expect(await eventsIn(relayed.text)).toEqual(expected.events)
        expect(codeOf(relayed.failure)).toBe(codeOf(expected.failure))
      }),
      { numRuns: 500 },
    )
  })

  it('does so for every recorded answer, byte by byte', async () => {
    const folder = join(import.meta.dirname, '../fixtures/sse')
    const recordings = (await readdir(folder)).filter((name) => name.endsWith('.sse'))
    expect(recordings.length).toBeGreaterThan(40)
    for (const name of recordings) {
      const bytes = await readFile(join(folder, name))
      const expected = await read(bytes)
      const relayed = relay(
        bytes,
        Array.from({ length: Math.min(bytes.length, 4000) }, (_none, index) => index),
      )
      expect({ name, code: codeOf(relayed.failure) }).toEqual({ name, code: codeOf(expected.failure) })
      // Of an item that never ended, the text is in the deltas alone.
      if (expected.failure !== undefined || expected.events.some(hasUnfinishedItem)) continue
      expect({ name, events: await eventsIn(relayed.text) }).toEqual({ name, events: expected.events })
    }
  })

  it('changes no byte of what nobody needs to read', () => {
    const delta = event('response.output_text.delta', { delta: 'word' })
    const text = event('response.created') + delta.repeat(100) + event('response.output_item.done', item(0))
    expect(relay(new TextEncoder().encode(text), [5, 500, 5000]).text).toBe(text)
  })

  it('tells the usage, and the failure before it is thrown', () => {
    const told: unknown[] = []
    const answer = createAnswerRelay({
      handOn: () => {},
      headers: () => new Headers(),
      noticeUsage: (usage) => told.push(usage),
      noticeFailure: ({ code }) => told.push(code),
    })
    const failed = event('response.failed', { response: { usage: { input_tokens: 3 }, error: { message: 'No.' } } })
    expect(() => answer.push(new TextEncoder().encode(failed))).toThrow('No.')
    expect(told).toEqual([{ input_tokens: 3 }, 'ERR_UPSTREAM_RESPONSE_FAILED'])
  })

  it('holds no more than a megabyte of an event that does not end', () => {
    const answer = createAnswerRelay({ handOn: () => {}, headers: () => new Headers() })
    const encoder = new TextEncoder()
    answer.push(encoder.encode('event: response.output_text.delta\ndata: '))
    const piece = encoder.encode('x'.repeat(1024 * 1024))
    expect(() => {
      for (let sent = 0; sent < 80; sent += 1) answer.push(piece)
    }).toThrow('more than 67108864 bytes')
  })
})

function hasUnfinishedItem({
  response,
}: {
  readonly response?: { readonly output?: readonly { status?: string }[] }
}): boolean {
  return response?.output?.some(({ status }) => status === 'incomplete') ?? false
}

function codeOf(failure: unknown): unknown {
  return failure instanceof Error ? Reflect.get(failure, 'code') : failure
}
