import { describe, expect, it } from 'vitest'
import { readResponseEvents, type ResponseEvent, type StreamTimeouts } from '../../src/backend/index.js'
import { createFakeClock, type FakeClock } from '../../src/testing/index.js'
import { caught, caughtAuthError } from '../support/caught.js'

const encoder = new TextEncoder()
const created = 'data: {"type":"response.created"}\n\n'
const completed = 'data: {"type":"response.completed","response":{}}\n\n'

/** A server that says what it is told to, when it is told to, and never ends by itself. */
function createServer() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let isCancelled = false
  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given
    },
    cancel: () => {
      isCancelled = true
    },
  })
  return {
    response: new Response(body),
    say: (text: string) => controller?.enqueue(encoder.encode(text)),
    isCancelled: () => isCancelled,
  }
}

/** A signal that knows who listens. */
function watchedController() {
  const controller = new AbortController()
  const listeners = new Set<unknown>()
  const { signal } = controller
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners.add(args[1])
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners.delete(args[1])
    remove(...args)
  }
  return { controller, signal, listeners }
}

function listen(clock: FakeClock, timeouts?: StreamTimeouts) {
  const server = createServer()
  const watched = watchedController()
  const events = readResponseEvents(server.response, { clock, timeouts, signal: watched.signal })
  const seen: ResponseEvent[] = []
  const reading = (async () => {
    for await (const event of events) seen.push(event)
  })()
  reading.catch(() => undefined)
  const expectFreed = () => {
    expect(server.isCancelled()).toBe(true)
    expect(clock.sleeping).toBe(0)
    expect(watched.listeners.size).toBe(0)
  }
  return { ...server, ...watched, reading, seen, expectFreed }
}

describe('a server that takes its time', () => {
  it('before the first event is waited for as long as told, and the error says so', async () => {
    const clock = createFakeClock()
    const { reading, expectFreed, say } = listen(clock, { firstEventMs: 30_000 })
    await clock.advance(20_000)
    say(': still here\n\n')
    await clock.advance(9_999)
    expect(clock.sleeping).toBe(1)
    await clock.advance(1)
    const error = await caughtAuthError(reading)
    expect(error).toMatchObject({ code: 'ERR_NETWORK_TIMEOUT', retryable: true })
    expect(error.message).toContain('did not begin for 30 seconds')
    expectFreed()
  })

  it('between events is waited for as long as told, and comments count as life', async () => {
    const clock = createFakeClock()
    const { reading, seen, expectFreed, say } = listen(clock, { firstEventMs: 60_000, idleMs: 10_000 })
    await clock.advance(15_000)
    say(created)
    for (let beat = 0; beat < 5; beat += 1) {
      await clock.advance(9_000)
      say(': ping\n\n')
    }
    await clock.advance(9_999)
    expect(clock.sleeping).toBe(1)
    await clock.advance(1)
    expect((await caughtAuthError(reading)).message).toContain('went silent for 10 seconds')
    expect(seen).toHaveLength(1)
    expectFreed()
  })

  it('is not waited for longer than the whole may take, however lively it is', async () => {
    const clock = createFakeClock()
    const { reading, expectFreed, say } = listen(clock, { idleMs: 10_000, totalMs: 60_000 })
    for (let second = 0; second < 60; second += 5) {
      say(created)
      await clock.advance(5_000)
    }
    expect((await caughtAuthError(reading)).message).toContain('was not complete for 60 seconds')
    expectFreed()
  })

  it('has five minutes when nothing else is said', async () => {
    const clock = createFakeClock()
    const { reading, say, seen } = listen(clock)
    await clock.advance(299_999)
    say(created)
    await clock.advance(299_999)
    say(completed)
    await reading
    expect(seen).toHaveLength(2)
    const silent = listen(clock)
    await clock.advance(300_000)
    expect((await caughtAuthError(silent.reading)).code).toBe('ERR_NETWORK_TIMEOUT')
  })

  it('may take for ever where the timers are off', async () => {
    const clock = createFakeClock()
    const { reading, say, controller } = listen(clock, { firstEventMs: Infinity, idleMs: Infinity })
    await clock.advance(86_400_000)
    say(created)
    await clock.advance(86_400_000)
    controller.abort()
    expect(await caught(reading)).toBe(controller.signal.reason)
  })

  it('is not blamed for a reader who takes his', async () => {
    const clock = createFakeClock()
    const server = createServer()
    const events = readResponseEvents(server.response, { clock, timeouts: { idleMs: 1000 } })
    server.say(created)
    await events.next()
    await clock.advance(3_600_000)
    server.say(completed)
    expect((await events.next()).value?.type).toBe('response.completed')
  })
})

describe('what a stream holds', () => {
  it('is let go of before its last event is handed out, although the server keeps the connection', async () => {
    const clock = createFakeClock()
    const server = createServer()
    const { signal, listeners } = watchedController()
    const events = readResponseEvents(server.response, { clock, signal })
    server.say(completed)
    expect((await events.next()).value?.type).toBe('response.completed')
    expect(server.isCancelled()).toBe(true)
    expect(clock.sleeping).toBe(0)
    expect(listeners.size).toBe(0)
    expect(await events.next()).toEqual({ done: true, value: undefined })
  })

  it('is let go of when it is aborted while it waits', async () => {
    const clock = createFakeClock()
    const { reading, expectFreed, controller, say } = listen(clock)
    say(created)
    await clock.advance(1000)
    const reason = new Error('Ctrl-C')
    controller.abort(reason)
    expect(await caught(reading)).toBe(reason)
    expectFreed()
  })

  it('is let go of when it is aborted between two events of one chunk', async () => {
    const clock = createFakeClock()
    const server = createServer()
    const controller = new AbortController()
    const events = readResponseEvents(server.response, { clock, signal: controller.signal })
    server.say(created + created + completed)
    await events.next()
    controller.abort()
    expect(server.isCancelled()).toBe(true)
    expect(await caught(events.next())).toBe(controller.signal.reason)
    expect(clock.sleeping).toBe(0)
  })

  it('is never taken up when the signal has aborted before', async () => {
    const clock = createFakeClock()
    const server = createServer()
    const events = readResponseEvents(server.response, { clock, signal: AbortSignal.abort() })
    expect(await caught(events.next())).toMatchObject({ name: 'AbortError' })
    expect(server.isCancelled()).toBe(true)
    expect(clock.sleeping).toBe(0)
  })

  it('is let go of when its reader leaves', async () => {
    const clock = createFakeClock()
    const server = createServer()
    const { signal, listeners } = watchedController()
    server.say(created)
    for await (const event of readResponseEvents(server.response, { clock, signal })) {
      expect(event.type).toBe('response.created')
      break
    }
    expect(server.isCancelled()).toBe(true)
    expect(clock.sleeping).toBe(0)
    expect(listeners.size).toBe(0)
  })

  it('is let go of when the answer fails', async () => {
    const clock = createFakeClock()
    const { reading, expectFreed, say } = listen(clock)
    say('data: {"type":"response.failed","response":{"error":{"message":"It broke."}}}\n\n')
    expect((await caughtAuthError(reading)).code).toBe('ERR_UPSTREAM_RESPONSE_FAILED')
    expectFreed()
  })

  it('is no more than the chunk that is being read', async () => {
    let pulled = 0
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      pulled += 1
      controller.enqueue(encoder.encode(created + created))
    }
    const response = new Response(new ReadableStream({ pull }, { highWaterMark: 0 }))
    const events = readResponseEvents(response, { clock: createFakeClock() })
    for (let taken = 1; taken <= 6; taken += 1) {
      await events.next()
      expect(pulled).toBe(Math.ceil(taken / 2))
    }
    await events.return()
  })
})
