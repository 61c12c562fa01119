import { describe, expect, it, vi } from 'vitest'
import { readResponseEvents } from '../../src/backend/index.js'
import { createFakeClock } from '../../src/testing/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { toArray } from '../support/to-array.js'
import { bytewise, responseOf } from './sse-corpus.js'

const encoder = new TextEncoder()
const event = (type: string) => `data: ${JSON.stringify({ type })}\n\n`

describe('the events of an answer', () => {
  it('come in order to those who ask for many at once', async () => {
    const types = ['a', 'b', 'c', 'response.completed']
    for (const chunks of [types.map(event), [types.map(event).join('')]]) {
      const events = readResponseEvents(responseOf(...chunks.flatMap((text) => bytewise(encoder.encode(text)))))
      const results = await Promise.all(Array.from({ length: 6 }, () => events.next()))
      expect(results.map(({ value }) => value?.type)).toEqual([...types, undefined, undefined])
    }
  })

  it('are never asked for when the reader leaves before the first', async () => {
    const clock = createFakeClock()
    const cancel = vi.fn<() => void>()
    const events = readResponseEvents(new Response(new ReadableStream({ cancel })), { clock })
    await events.return()
    expect(cancel).toHaveBeenCalledOnce()
    expect(clock.sleeping).toBe(0)
    expect((await events.next()).done).toBe(true)
  })

  it('may not be longer than the limit', async () => {
    const response = responseOf(encoder.encode(`data: ${'x'.repeat(200)}`))
    expect(await caughtCode(toArray(readResponseEvents(response, { maximumEventBytes: 100 })))).toBe(
      'ERR_UPSTREAM_BAD_RESPONSE',
    )
  })

  it('are cut when the answer has no body', async () => {
    expect(await caughtCode(toArray(readResponseEvents(new Response(null))))).toBe('ERR_UPSTREAM_STREAM_CUT')
  })
})

describe('a page in the place of an answer', () => {
  it('is of the edge when its headers say so, and names the ray', async () => {
    const headers = { 'cf-mitigated': 'challenge', 'cf-ray': '8c0ffee0deadbeef-FRA' }
    const error = await caughtAuthError(toArray(readResponseEvents(new Response('<html></html>', { headers }))))
    expect(error.code).toBe('ERR_UPSTREAM_EDGE_BLOCKED')
    expect(error.message).toContain('8c0ffee0deadbeef-FRA')
  })

  it('is read no further than it takes to know it', async () => {
    let chunks = 0
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      chunks += 1
      controller.enqueue(encoder.encode('<p>'.repeat(10_000)))
    }
    const response = new Response(new ReadableStream({ pull }, { highWaterMark: 0 }))
    expect(await caughtCode(toArray(readResponseEvents(response)))).toBe('ERR_UPSTREAM_BAD_RESPONSE')
    expect(chunks).toBe(3)
  })
})
