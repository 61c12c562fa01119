import { describe, expect, it } from 'vitest'
import { createOpenAIFetch } from '../../src/backend/index.js'
import type { FakeClock } from '../../src/testing/index.js'
import { untilExpiredMs } from '../support/signed-in.js'
import { eventsOf, model, question } from './gateway-lab.js'
import { connectRaw } from './raw-connection.js'
import { withWire } from './wired-lab.js'

const long = [{ answer: { items: [{ type: 'text' as const, text: 'word '.repeat(5000) }] } }]

describe('a gateway over a wire', () => {
  it('passes a stream on whole, event by event', async () => {
    await withWire({ scenario: { answers: long } }, async ({ askStream, listener }) => {
      const answer = await askStream()
      expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
      const events = await eventsOf(answer)
      const deltas = events.filter(({ type }) => type === 'response.output_text.delta')
      expect(deltas.map(({ delta }) => delta).join('')).toBe('word '.repeat(5000))
      expect(events.map(({ type }) => String(type)).filter((type) => !type.startsWith('response.'))).toEqual([])
      expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { output: [{ type: 'message' }] } })
      expect(listener.gateway.running).toBe(0)
    })
  })

  it('sends the same request as the session itself would', async () => {
    await withWire({}, async ({ askStream, session, emulator }) => {
      await (await askStream()).text()
      await (await createOpenAIFetch(session)('https://any.example/v1/responses', question())).text()
      const [wired, fetched] = emulator.log.filter(({ path }) => path.endsWith('/responses'))
      const isFetched = [wired, fetched].map((entry) => 'sec-fetch-mode' in (entry?.headers ?? {}))
      expect(isFetched).toEqual([false, true])
      const platform = ['connection', 'sec-fetch-mode', 'accept-language', 'accept-encoding', 'content-length']
      const own = ({ headers = {} }: { headers?: object } = {}) =>
        Object.fromEntries(Object.entries(headers).filter(([name]) => !platform.includes(name)))
      expect(own(wired)).toEqual(own(fetched))
      expect(wired?.body).toEqual(fetched?.body)
    })
  })

  it('goes on with a new token when the backend refuses the old one', async () => {
    await withWire({}, async ({ askStream, emulator }) => {
      emulator.expireAccessTokens()
      expect((await eventsOf(await askStream())).at(-1)).toMatchObject({ type: 'response.completed' })
      expect(emulator.counters.requests.token).toBe(1)
    })
  })

  it('sends a request once, whatever becomes of it', async () => {
    await withWire({}, async ({ askStream, emulator }) => {
      emulator.faults.add({ endpoint: 'responses', status: 500, times: 2 })
      expect((await askStream()).status).toBe(503)
      expect(emulator.counters.requests.responses).toBe(1)
    })
  })

  it('ends a stream that breaks off with an error', async () => {
    await withWire({ scenario: { answers: long } }, async ({ askStream, emulator }) => {
      emulator.faults.add({ endpoint: 'responses', truncateAfterBytes: 5000 })
      const events = await eventsOf(await askStream())
      expect(events.at(-1)).toMatchObject({ type: 'error', code: 'ERR_UPSTREAM_STREAM_CUT' })
    })
  })

  it('asks the backend no further when the client has left, before and after the first byte', async () => {
    await withWire({ scenario: { answers: long } }, async ({ askStream, emulator, listener }) => {
      for (const fault of [{ delayMs: 60_000 }, { slow: { chunkBytes: 64, delayMs: 1000 } }]) {
        emulator.faults.add({ endpoint: 'responses', times: 1, ...fault })
        const leaving = new AbortController()
        const asking = askStream({ signal: leaving.signal }).catch((error: unknown) => error)
        await expect.poll(() => listener.gateway.running).toBe(1)
        leaving.abort()
        await asking
        await expect.poll(() => listener.gateway.running).toBe(0)
      }
    })
  })

  it('holds a stream back while its client reads none of it, and gives it up after two minutes', async () => {
    const answers = [{ answer: { items: [{ type: 'text' as const, text: 'word '.repeat(60_000) }] } }]
    await withWire({ scenario: { answers } }, async ({ askStream, clock, listener }) => {
      const reader = (await askStream()).body?.getReader()
      await reader?.read()
      // The stall begins once all buffers on the way are full.
      await expect.poll(() => clock.advance(30_000).then(() => listener.gateway.running)).toBe(0)
      await expect(drain(reader)).rejects.toThrow('terminated')
    })
  })

  it.each([
    ['its client leaves', async ({ leaving }: Stalled) => leaving.abort()],
    ['five minutes are over', async ({ clock }: Stalled) => clock.advance(360_000)],
  ])('gives its place back when a refusal never comes to its end and %s', async (_name, end) => {
    await withWire({}, async ({ askStream, clock, emulator, listener }) => {
      emulator.faults.add({
        endpoint: 'responses',
        status: 429,
        body: 'x'.repeat(500),
        slow: { chunkBytes: 10, delayMs: 3_600_000 },
      })
      const leaving = new AbortController()
      const asking = askStream({ signal: leaving.signal }).catch((error: unknown) => error)
      await expect.poll(() => emulator.counters.requests.responses).toBe(1)
      await expect.poll(() => end({ leaving, clock }).then(() => listener.gateway.running)).toBe(0)
      await asking
    })
  })

  it('sends nothing for a client that left while the sign-in was refreshed', async () => {
    await withWire({}, async ({ askStream, clock, emulator, listener }) => {
      await clock.advance(untilExpiredMs)
      emulator.faults.add({ endpoint: 'token', delayMs: 5000 })
      const leaving = new AbortController()
      const asking = askStream({ signal: leaving.signal }).catch((error: unknown) => error)
      await expect.poll(() => emulator.counters.requests.token).toBe(1)
      leaving.abort()
      await asking
      await expect.poll(() => clock.advance(1000).then(() => listener.gateway.running)).toBe(0)
      expect(emulator.counters.requests.responses ?? 0).toBe(0)
    })
  })

  it.each([
    ['waits for a place', 1],
    ['has been asked', 2],
  ])('gives the place of a question back that %s behind another on a connection which broke', async (_name, places) => {
    await withWire({ gateway: { limits: { maximumRunning: places } } }, async ({ key, emulator, listener }) => {
      emulator.faults.add({ endpoint: 'responses', delayMs: 3_600_000 })
      const { write, socket } = await connectRaw(listener.origin)
      const body = JSON.stringify({ model, input: 'Hello', stream: true })
      const head = [
        `Host: ${new URL(listener.origin).host}`,
        `Authorization: Bearer ${key}`,
        `Content-Length: ${body.length}`,
      ]
      write(['POST /v1/responses HTTP/1.1', ...head, '', body].join('\r\n').repeat(2))
      await expect.poll(() => emulator.counters.requests.responses).toBe(places)
      socket.destroy()
      await expect.poll(() => listener.gateway.running).toBe(0)
    })
  })

  it('answers though whoever is told of the requests fails', async () => {
    const onRequest = () => {
      throw new Error('The disk is full.')
    }
    await withWire({ gateway: { onRequest } }, async ({ askStream, listener }) => {
      expect((await eventsOf(await askStream())).at(-1)).toMatchObject({ type: 'response.completed' })
      expect(listener.gateway.running).toBe(0)
    })
  })

  it('is a time-out once the backend has said nothing for five minutes', async () => {
    await withWire({}, async ({ askStream, clock, emulator, listener }) => {
      emulator.faults.add({ endpoint: 'responses', delayMs: 3_600_000 })
      const asking = askStream()
      await expect.poll(() => emulator.counters.requests.responses).toBe(1)
      for (let minute = 0; minute < 6; minute += 1) await clock.advance(60_000)
      const answer = await asking
      expect({ status: answer.status, code: answer.headers.get('x-planpass-code') }).toEqual({
        status: 504,
        code: 'ERR_NETWORK_TIMEOUT',
      })
      expect(listener.gateway.running).toBe(0)
    })
  })
})

interface Stalled {
  readonly leaving: AbortController
  readonly clock: FakeClock
}

async function drain(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<void> {
  for (let isDone = false; !isDone;) isDone = (await reader?.read())?.done ?? true
}
