import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { readEventStream, type ServerEvent } from '../../src/backend/index.js'
import { caughtAuthError } from '../support/caught.js'
import { toArray } from '../support/to-array.js'

const encoder = new TextEncoder()

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const remaining = chunks.values()
  return new ReadableStream({
    pull(controller) {
      const next = remaining.next()
      if (next.done) controller.close()
      else controller.enqueue(next.value)
    },
  })
}

async function read(...chunks: (string | Uint8Array)[]): Promise<ServerEvent[]> {
  const bytes = chunks.map((chunk) => (typeof chunk === 'string' ? encoder.encode(chunk) : chunk))
  return toArray(readEventStream(streamOf(bytes)))
}

const message = (data: string) => ({ event: 'message', data })
const unterminated = (data: string) => ({ ...message(data), isUnterminated: true })

describe('an event stream', () => {
  it.each([
    ['one event', 'data: a\n\n', [message('a')]],
    ['two events', 'data: a\n\ndata: b\n\n', [message('a'), message('b')]],
    ['a named event', 'event: x\ndata: a\n\ndata: b\n\n', [{ event: 'x', data: 'a' }, message('b')]],
    ['several lines of data', 'data: a\ndata: b\n\n', [message('a\nb')]],
    ['no space after the colon', 'data:a\n\n', [message('a')]],
    ['two spaces after the colon', 'data:  a\n\n', [message(' a')]],
    ['colons in the data', 'data: {"a":"b:c"}\n\n', [message('{"a":"b:c"}')]],
    ['comments', ': ping\n\ndata: a\n: ping\n\n', [message('a')]],
    ['fields it does not know', 'id: 7\nretry: 100\nfoo: x\ndata: a\n\n', [message('a')]],
    ['a field without a colon', 'data\n\n', [message('')]],
    ['carriage returns', 'data: a\r\rdata: b\r\r', [message('a'), message('b')]],
    ['both at the line’s end', 'data: a\r\n\r\ndata: b\r\n\r\n', [message('a'), message('b')]],
    ['a mixture of line ends', 'data: a\n\r\ndata: b\r\r\n', [message('a'), message('b')]],
    ['a byte order mark', '\uFEFFdata: a\n\n', [message('a')]],
    ['a last event without its blank line', 'data: a\n\ndata: b\n', [message('a'), unterminated('b')]],
    ['a last event without any line end', 'data: a\n\ndata: b', [message('a'), unterminated('b')]],
    ['blank lines alone', '\n\n\r\n\r', []],
    ['nothing', '', []],
    ['a name without data', 'event: x\n\n', []],
  ])('is read with %s', async (_, text, events) => {
    expect(await read(text)).toEqual(events)
  })

  const hard = '\uFEFFevent: é\r\ndata: Zoë 🙂 漢字\r\n: c\rdata: second\r\n\r\ndata: {"x":"\u{1F600}"}\n\n'
  const whole = [{ event: 'é', data: 'Zoë 🙂 漢字\nsecond' }, message('{"x":"😀"}')]

  it('is the same wherever it is split in two, between bytes of one character and of one line end too', async () => {
    const bytes = encoder.encode(hard)
    for (let at = 0; at <= bytes.length; at += 1)
      expect(await read(bytes.slice(0, at), bytes.slice(at)), `split at byte ${at}`).toEqual(whole)
  })

  it('is the same byte by byte', async () => {
    expect(await read(...Array.from(encoder.encode(hard), (byte) => Uint8Array.of(byte)))).toEqual(whole)
  })

  it('is the same however it is split', async () => {
    const bytes = encoder.encode(hard)
    const cuts = fc.uniqueArray(fc.nat(bytes.length), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const edges = [0, ...places.toSorted((one, other) => one - other), bytes.length]
        const chunks = edges.slice(1).map((end, index) => bytes.slice(edges[index], end))
        expect(await read(...chunks)).toEqual(whole)
      }),
    )
  })

  it('of one huge event costs no more in tiny pieces, and is whole', async () => {
    const half = 500_000
    const text = `data: ${'x'.repeat(half)}漢${'y'.repeat(half)}\n\n`
    const bytes = Array.from(encoder.encode(text), (byte) => Uint8Array.of(byte))
    const [event, ...others] = await toArray(readEventStream(streamOf(bytes)))
    expect(event?.data.length).toBe(2 * half + 1)
    expect(text).toContain(event?.data)
    expect(others).toEqual([])
  })

  it.each([
    ['one line that never ends', 'data: '.padEnd(101, 'x')],
    ['many lines', 'data: 0123456789\n'.repeat(11)],
  ])('is refused when an event outgrows its limit by %s', async (_, text) => {
    const bytes = encoder.encode(text)
    const cancel = vi.fn<() => void>()
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => controller.enqueue(bytes)
    const events = readEventStream(new ReadableStream({ pull, cancel }), { maximumEventBytes: 100 })
    expect(await caughtAuthError(toArray(events))).toMatchObject({
      code: 'ERR_UPSTREAM_BAD_RESPONSE',
      summary: 'The answer holds an event of more than 100 bytes, which is not read.',
    })
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('may be as long as it likes when its events are not', async () => {
    const events = await toArray(
      readEventStream(streamOf(Array.from({ length: 50 }, () => encoder.encode('data: 0123456789\n\n'))), {
        maximumEventBytes: 20,
      }),
    )
    expect(events).toHaveLength(50)
  })

  it('cancels its body when the reader leaves early', async () => {
    const cancel = vi.fn<() => void>()
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) =>
      controller.enqueue(encoder.encode('data: a\n\n'))
    for await (const event of readEventStream(new ReadableStream({ pull, cancel }))) {
      expect(event).toEqual(message('a'))
      break
    }
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('passes on the failure of its body', async () => {
    const failure = new Error('broken')
    const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(failure) })
    await expect(toArray(readEventStream(body))).rejects.toBe(failure)
  })
})
