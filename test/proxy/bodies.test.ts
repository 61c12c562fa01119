import { describe, expect, it } from 'vitest'
import { proxyLab, question } from './proxy-lab.js'

/** A body that comes in pieces, and how much of it was taken. */
function trickle(pieces: number, bytes: number) {
  const taken = { pieces: 0, isCancelled: false }
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (taken.pieces === pieces) return controller.close()
        taken.pieces += 1
        controller.enqueue(new Uint8Array(bytes).fill(32))
      },
      cancel() {
        taken.isCancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { body, taken }
}

describe('the body of a request', () => {
  it.each([
    ['nothing', '', 400],
    ['text', 'Hello', 400],
    ['half of a JSON text', '{"model":', 400],
    ['a list', '[]', 400],
    ['a number', '7', 400],
    ['nothing to ask', '{}', 400],
    ['a field that cannot be served', JSON.stringify({ ...question, previous_response_id: 'resp_1' }), 400],
    ['a prototype', '{"__proto__":{"model":"gpt-6.1-sol"}}', 400],
    ['nesting without end', '['.repeat(100_000), 400],
  ])('is refused when it is %s', async (_, body, status) => {
    const { ask, sent } = await proxyLab()
    const response = await ask('responses', { body })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } })
    expect(sent).toEqual([])
  })

  it.each([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['plain text, as a page may send unasked', { 'content-type': 'text/plain' }],
    ['something like JSON', { 'content-type': 'application/json-seq' }],
    ['compressed', { 'content-encoding': 'gzip' }],
  ])('is refused when it is said to be %s', async (_, headers) => {
    const { ask, sent } = await proxyLab()
    expect((await ask('responses', { headers })).status).toBe(415)
    expect(sent).toEqual([])
  })

  it('is taken with a charset', async () => {
    const { ask } = await proxyLab()
    const headers = { 'content-type': 'Application/JSON; charset=utf-8' }
    expect((await ask('responses', { headers })).status).toBe(200)
  })

  it('is not read when it says that it is too large', async () => {
    const { ask, sent } = await proxyLab({ maximumBodyBytes: 1000 })
    const { body, taken } = trickle(1, 10)
    const response = await ask('responses', { body, headers: { 'content-length': '1001' } })
    expect(response.status).toBe(413)
    expect(taken.pieces).toBe(0)
    expect(sent).toEqual([])
  })

  it.each([{}, { 'content-length': '10' }])('is counted, whatever it says of itself: %j', async (headers) => {
    const { ask, sent } = await proxyLab({ maximumBodyBytes: 1000 })
    const { body, taken } = trickle(1_000_000, 300)
    const response = await ask('responses', { body, headers })
    expect(response.status).toBe(413)
    expect(taken).toEqual({ pieces: 4, isCancelled: true })
    expect(sent).toEqual([])
  })

  it('may be as large as the limit', async () => {
    const body = JSON.stringify(question)
    const exact = await proxyLab({ maximumBodyBytes: Buffer.byteLength(body) })
    expect((await exact.ask('responses', { body })).status).toBe(200)
    const smaller = await proxyLab({ maximumBodyBytes: Buffer.byteLength(body) - 1 })
    expect((await smaller.ask('responses', { body })).status).toBe(413)
  })

  it('is not read for somebody who may not ask', async () => {
    const { ask } = await proxyLab()
    const { body, taken } = trickle(5, 10)
    expect((await ask('responses', { body, headers: { authorization: undefined } })).status).toBe(401)
    expect(taken.pieces).toBe(0)
  })

  it('reaches the backend as the backend takes it, with what was left out told', async () => {
    const { ask } = await proxyLab()
    const response = await ask('responses', { body: JSON.stringify({ ...question, temperature: 1, store: true }) })
    expect(response.headers.get('x-planpass-dropped')).toBe('temperature')
    expect(response.headers.has('x-codex-primary-used-percent')).toBe(true)
    expect(await response.text()).toContain('"type":"response.completed"')
  })
})

describe('the body of an answer', () => {
  it('is asked for no faster than the page reads it, and no longer', async () => {
    const event = 'data: {"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"delta":"x"}\n\n'
    const taken = { pieces: 0, isCancelled: false }
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          taken.pieces += 1
          controller.enqueue(new TextEncoder().encode(event))
        },
        cancel() {
          taken.isCancelled = true
        },
      },
      { highWaterMark: 0 },
    )
    const { ask } = await proxyLab({ upstream: () => new Response(stream) })
    const reader = (await ask('responses')).body?.getReader()
    for (let reads = 0; reads < 10; reads += 1) await reader?.read()
    expect(taken.pieces).toBeLessThan(20)
    await reader?.cancel()
    expect(taken.isCancelled).toBe(true)
  })
})
