import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEventRelay } from '../../src/gateway/event-relay.js'
import { eventsOf, inProcess, question } from './gateway-lab.js'

function event(type: string, members: object = {}, lineEnd = '\n'): string {
  return `event: ${type}${lineEnd}data: ${JSON.stringify({ type, ...members })}${lineEnd}${lineEnd}`
}

const kinds = [
  event('response.created'),
  event('response.output_text.delta', { delta: 'été 🙂 event: response.relayed\n' }),
  event('response.output_text.delta', { delta: 'x'.repeat(300) }),
  event('response.reasoning_summary_text.delta', { delta: '\n\n' }),
  event('response.output_item.added', { output_index: 0 }),
  event('response.output_item.done', { output_index: 0, item: { text: 'y'.repeat(500) } }),
  event('codex.rate_limits', { primary: null }),
  event('response.output_text.delta', { delta: 'with CR' }, '\r\n'),
  ': a comment\n\n',
  'data: {"type":"response.in_progress"}\n\n',
]

/** Whatever the pieces, what is passed on and what is let by come together again as they were. */
function throughRelay(text: string, cuts: readonly number[]) {
  const bytes = Buffer.from(text)
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((one, other) => one - other), bytes.length]
  const relay = createEventRelay()
  const pieces = places.slice(1).map((place, index) => bytes.subarray(places[index], place))
  const passed = Buffer.concat([...pieces.map((piece) => relay.divert(piece)), relay.rest()])
  return { passed: passed.toString(), restored: Buffer.from(relay.restore(passed)).toString() }
}

describe('the relay of events', () => {
  it('changes no byte and no order, in whatever pieces the events come', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...kinds)), fc.array(fc.nat(), { maxLength: 20 }), (events, cuts) => {
        expect(throughRelay(events.join(''), cuts).restored).toBe(events.join(''))
      }),
    )
  })

  it('passes on what decides about an answer, and a mark for all the rest', () => {
    const last = event('response.completed', { response: {} })
    const delta = event('response.output_text.delta', { delta: 'word' })
    const { passed } = throughRelay(event('response.created') + delta.repeat(1000) + last, [])
    expect(passed).toBe(`${event('response.relayed', { run: 1 })}${last}`)
  })

  it('passes on what is cut off, for others to judge', () => {
    const cut = event('response.output_text.delta', { delta: 'word' }).slice(0, 60)
    expect(throughRelay(cut, [10, 20]).passed).toBe(cut)
  })

  it('holds no more than a megabyte of an event that does not end', () => {
    const relay = createEventRelay()
    const endless = `event: response.output_text.delta\ndata: ${'x'.repeat(2 * 1024 * 1024)}`
    expect(relay.divert(Buffer.from(endless)).byteLength).toBe(endless.length)
  })
})

describe('an answer that is relayed', () => {
  it('is, event by event, what the backend sent, without what is not of the public API, and with its whole last event', async () => {
    const { ask, emulator } = await inProcess()
    emulator.scenario.answers = [
      {
        answer: {
          items: [
            { type: 'reasoning', summary: 'Hm.' },
            { type: 'text', text: 'word '.repeat(500) },
          ],
        },
      },
    ]
    const answer = await ask('/v1/responses', question({ stream: true }))
    const events = await eventsOf(answer)
    const types = events.map(({ type }) => String(type))
    expect(types.every((type) => type.startsWith('response.'))).toBe(true)
    expect(types).not.toContain('response.relayed')
    expect(types.at(0)).toBe('response.created')
    const deltas = events.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => String(delta))
    expect(deltas.join('')).toBe('word '.repeat(500))
    expect(events.at(-1)).toMatchObject({
      type: 'response.completed',
      response: { output: [{ type: 'reasoning' }, { type: 'message' }] },
    })
  })

  it('goes under its own request id to the backend, and under none where it has none', async () => {
    const { ask, emulator } = await inProcess()
    const ids = async (headers: Record<string, string>) => {
      const { headers: asked, ...rest } = question({ stream: true })
      await (await ask('/v1/responses', { ...rest, headers: { ...asked, ...headers } })).text()
      return emulator.log.at(-1)?.headers['x-client-request-id']
    }
    // The emulator's log holds no value of a header it does not know, only its digest.
    const digest = createHash('sha256').update('mine-1').digest('hex').slice(0, 10)
    expect(await ids({ 'x-client-request-id': 'mine-1' })).toBe(`sha256:${digest}`)
    expect(await ids({})).toBeUndefined()
  })
})
