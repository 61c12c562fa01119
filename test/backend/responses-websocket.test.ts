import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import {
  collectResponse,
  createResponsesSocket,
  streamResponse,
  textDelta,
  type ConnectWebSocket,
  type ResponseEvent,
  type ResponseRequest,
  type ResponsesWebSocket,
  type SocketEvent,
} from '../../src/backend/index.js'
import { createMemoryStore, createSession, type ErrorCode } from '../../src/core/index.js'
import type { EmulatorListener } from '../../src/testing/index.js'
import { caught, caughtAuthError, caughtCode } from '../support/caught.js'
import { credentialFrom, providerOf, signedIn } from '../support/signed-in.js'
import { toArray } from '../support/to-array.js'

const question: ResponseRequest = {
  model: 'gpt-5.5',
  instructions: 'Be brief.',
  input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
}
const textOf = (events: ResponseEvent[]) => events.map(textDelta).join('')

const listeners: EmulatorListener[] = []
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close()))
})

/** A session at an emulator that listens, and a count of the websockets it opened. */
async function openLab() {
  const { emulator, clock } = await signedIn()
  const listener = await emulator.listen({ webSocket: true })
  listeners.push(listener)
  const credential = await credentialFrom(emulator)
  const provider = providerOf(listener)
  const provenance = { issuer: listener.issuer, clientId: provider.clientId }
  const session = createSession({ store: createMemoryStore({ ...credential, provenance }), provider, clock })
  const opened: { url: string; headers: Readonly<Record<string, string>> }[] = []
  const connect: ConnectWebSocket = (url, headers) => {
    opened.push({ url, headers })
    return new WebSocket(url, { headers })
  }
  const requests = () => emulator.log.filter(({ endpoint }) => endpoint === 'responses').map(({ method }) => method)
  return { emulator, clock, session, connect, opened, requests }
}

describe('a conversation over a websocket', () => {
  it('has the events that it has over HTTP', async () => {
    const { session, emulator, clock, connect } = await openLab()
    emulator.scenario.answers = [
      {
        answer: {
          items: [
            { type: 'reasoning', summary: 'Thinking.' },
            { type: 'function_call', name: 'look', arguments: { at: 'this' }, callId: 'call_1' },
          ],
        },
      },
    ]
    const socket = createResponsesSocket(session, { connect, clock })
    const over = await toArray(socket.stream(question))
    socket.close()
    const http = await toArray(streamResponse(session, question, { clock }))
    expect(over.map(({ type }) => type)).toEqual(http.map(({ type }) => type))
    expect(over.at(-1)?.type).toBe('response.completed')
  })

  it('keeps its connection between turns, and says which conversation it is', async () => {
    const { session, clock, connect, opened, requests } = await openLab()
    const socket = createResponsesSocket(session, { connect, clock, conversationId: 'conversation-1' })
    for (let turn = 0; turn < 3; turn += 1)
      expect(textOf(await toArray(socket.stream(question)))).toBe('You said: Hello')
    socket.close()
    expect(opened).toHaveLength(1)
    expect(opened[0]?.headers).toMatchObject({
      'session-id': 'conversation-1',
      'openai-beta': 'responses_websockets=2026-02-06',
    })
    expect(opened[0]?.url).not.toContain('Bearer')
    expect(requests()).not.toContain('POST')
  })

  it('opens another connection for a refreshed token, and before the hour of the first one is over', async () => {
    const { session, clock, connect, opened } = await openLab()
    const socket = createResponsesSocket(session, { connect, clock })
    await toArray(socket.stream(question))
    await session.refresh()
    await toArray(socket.stream(question))
    expect(opened).toHaveLength(2)
    expect(opened[0]?.headers['authorization']).not.toBe(opened[1]?.headers['authorization'])
    await clock.advance(50 * 60 * 1000)
    await toArray(socket.stream(question))
    expect(opened).toHaveLength(3)
    socket.close()
  })

  it('has a connection each for turns that overlap', async () => {
    const { session, clock, connect, opened } = await openLab()
    const socket = createResponsesSocket(session, { connect, clock })
    const turns = await Promise.all([
      collectResponse(socket.stream(question)),
      collectResponse(socket.stream(question)),
    ])
    expect(turns.map(({ status }) => status)).toEqual(['completed', 'completed'])
    expect(opened).toHaveLength(2)
    socket.close()
  })

  it.each([426, 404, 503, 401])('goes over HTTP at once when the upgrade is answered with %i', async (status) => {
    const { session, emulator, clock, connect, opened, requests } = await openLab()
    emulator.faults.add({ endpoint: 'responses', times: 1, status, when: ({ method }) => method === 'GET' })
    const socket = createResponsesSocket(session, { connect, clock })
    expect(textOf(await toArray(socket.stream(question)))).toBe('You said: Hello')
    expect(textOf(await toArray(socket.stream(question)))).toBe('You said: Hello')
    expect(opened).toHaveLength(1)
    expect(requests().filter((method) => method === 'POST')).toHaveLength(2)
    await clock.advance(5 * 60 * 1000)
    await toArray(socket.stream(question))
    expect(opened).toHaveLength(2)
    socket.close()
  })

  it('fails as over HTTP', async () => {
    const { session, emulator, clock, connect } = await openLab()
    emulator.scenario.usageLimit = { resetsInSeconds: 3600 }
    const socket = createResponsesSocket(session, { connect, clock })
    const over = await caughtAuthError(toArray(socket.stream(question)))
    const http = await caughtAuthError(toArray(streamResponse(session, question, { clock })))
    expect(over).toMatchObject({ code: 'ERR_UPSTREAM_USAGE_LIMIT', retryAfterMs: http.retryAfterMs })
    socket.close()
  })
})

const created = { type: 'response.created', response: {} }
const delta = { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hel' }

/** A websocket that plays a script once it is asked: frames, and the code it is closed with. */
function playing(frames: readonly object[], closeCode?: number) {
  const sockets: { isClosed: boolean }[] = []
  const connect: ConnectWebSocket = () => {
    const listening = new Map<string, ((event: SocketEvent) => void)[]>()
    const emit = (type: string, event: Omit<SocketEvent, 'type'> = {}) =>
      listening.get(type)?.forEach((listener) => listener({ type, ...event }))
    const state = { isClosed: false }
    sockets.push(state)
    const socket: ResponsesWebSocket = {
      send() {
        for (const frame of frames) emit('message', { data: JSON.stringify(frame) })
        if (closeCode !== undefined) emit('close', { code: closeCode })
      },
      close() {
        state.isClosed = true
      },
      addEventListener(type, listener) {
        listening.set(type, [...(listening.get(type) ?? []), listener])
        if (type === 'open') queueMicrotask(() => emit('open'))
      },
    }
    return socket
  }
  return { connect, sockets }
}

async function play(frames: readonly object[], closeCode?: number) {
  const { session, clock, emulator } = await signedIn()
  const { connect, sockets } = playing(frames, closeCode)
  const socket = createResponsesSocket(session, { connect, clock })
  const posts = () => emulator.log.filter(({ endpoint }) => endpoint === 'responses').length
  return { session, clock, socket, sockets, posts }
}

describe('a websocket that is closed', () => {
  it.each([1000, 1001, 1006, 1009, 1011])('with %i before the first event is made good over HTTP', async (code) => {
    const { socket, posts } = await play([], code)
    expect(textOf(await toArray(socket.stream(question)))).toBe('You said: Hello')
    expect(posts()).toBe(1)
  })

  it.each([1000, 1006, 1009])(
    'with %i in the middle of an answer is a cut, and nothing is asked again',
    async (code) => {
      const { socket, posts, clock } = await play([created, delta], code)
      expect(await caughtCode(toArray(socket.stream(question)))).toBe('ERR_UPSTREAM_STREAM_CUT')
      expect(posts()).toBe(0)
      expect(clock.sleeping).toBe(0)
    },
  )

  it('at the limit of its hour, before the first event, is made good over HTTP', async () => {
    const error = { type: 'invalid_request_error', code: 'websocket_connection_limit_reached', message: 'Reconnect.' }
    const { socket, posts } = await play([{ type: 'error', status: 400, error }])
    expect(textOf(await toArray(socket.stream(question)))).toBe('You said: Hello')
    expect(posts()).toBe(1)
  })
})

describe('a frame that fails', () => {
  it.each<[ErrorCode, object]>([
    ['ERR_UPSTREAM_RATE_LIMITED', { type: 'error', status: 429, error: { message: 'Slow down.' } }],
    ['ERR_UPSTREAM_RESPONSE_FAILED', { type: 'error', error: { message: 'It broke.' } }],
    ['ERR_UPSTREAM_RESPONSE_FAILED', { type: 'response.failed', response: { error: { message: 'It broke.' } } }],
    ['ERR_UPSTREAM_BAD_RESPONSE', { a: 1 }],
  ])('is %s, and ends the connection', async (code, frame) => {
    const { socket, sockets, posts } = await play([frame])
    expect(await caughtCode(toArray(socket.stream(question)))).toBe(code)
    expect(sockets.map(({ isClosed }) => isClosed)).toEqual([true])
    expect(posts()).toBe(0)
  })
})

describe('what a frame tells besides the failure', () => {
  it('is not lost: the status, the limits and the time to wait', async () => {
    const headers = { 'x-codex-primary-used-percent': '100', 'x-codex-primary-window-minutes': '300' }
    const error = { type: 'usage_limit_reached', message: 'Enough.' }
    const { socket } = await play([{ type: 'error', status_code: 429, error, headers }])
    expect(await caughtAuthError(toArray(socket.stream(question)))).toMatchObject({
      code: 'ERR_UPSTREAM_USAGE_LIMIT',
      limits: { windows: [{ usedPercent: 100, windowMs: 18_000_000 }] },
    })
    const busy = { type: 'error', status: 429, error: { message: 'Slow down.' }, headers: { 'retry-after': 7 } }
    const other = await play([busy])
    expect(await caughtAuthError(toArray(other.socket.stream(question)))).toMatchObject({ retryAfterMs: 7000 })
  })
})

describe('a websocket that is not needed', () => {
  it('is not opened for a request that cannot be sent', async () => {
    const { socket, sockets } = await play([created])
    const wrong = { ...question, input: ['no item'] }
    expect(await caughtCode(toArray(socket.stream(wrong)))).toBe('ERR_UPSTREAM_BAD_REQUEST')
    expect(sockets).toEqual([])
  })

  it('is closed after its answer when nobody will ask again', async () => {
    const { socket, sockets } = await play([created, { type: 'response.completed', response: {} }])
    const events = socket.stream(question)
    await events.next()
    socket.close()
    expect((await toArray(events)).map(({ type }) => type)).toEqual(['response.completed'])
    expect(sockets.map(({ isClosed }) => isClosed)).toEqual([true])
  })
})

describe('a reader of a websocket', () => {
  it('who leaves early ends the connection, and leaves no timer', async () => {
    const { socket, sockets, clock } = await play([created, delta])
    for await (const event of socket.stream(question)) {
      expect(event.type).toBe('response.created')
      break
    }
    expect(sockets.map(({ isClosed }) => isClosed)).toEqual([true])
    expect(clock.sleeping).toBe(0)
  })

  it('who leaves at the last event does not', async () => {
    const { socket, sockets } = await play([created, { type: 'response.completed', response: {} }])
    for await (const event of socket.stream(question)) if (event.type === 'response.completed') break
    expect(sockets.map(({ isClosed }) => isClosed)).toEqual([false])
    socket.close()
    expect(sockets.map(({ isClosed }) => isClosed)).toEqual([true])
  })

  it('who aborts gets that back', async () => {
    const { socket, sockets, clock } = await play([created])
    const controller = new AbortController()
    const events = socket.stream(question, { signal: controller.signal })
    await events.next()
    const next = caught(events.next())
    controller.abort()
    expect(await next).toBe(controller.signal.reason)
    expect(sockets.map(({ isClosed }) => isClosed)).toEqual([true])
    expect(clock.sleeping).toBe(0)
  })

  it('who waits in silence is told which timer ended it', async () => {
    const { socket, clock } = await play([])
    const reading = caughtAuthError(toArray(socket.stream(question, { timeouts: { firstEventMs: 10_000 } })))
    await clock.advance(10_000)
    expect((await reading).message).toContain('did not begin for 10 seconds')
  })

  it('is not kept waiting for a websocket that does not open', async () => {
    const { session, clock } = await signedIn()
    let isClosed = false
    const connect: ConnectWebSocket = () => ({
      send: () => undefined,
      close: () => {
        isClosed = true
      },
      addEventListener: () => undefined,
    })
    const socket = createResponsesSocket(session, { connect, clock })
    const reading = toArray(socket.stream(question))
    await clock.advance(15_000)
    expect(textOf(await reading)).toBe('You said: Hello')
    expect(isClosed).toBe(true)
    expect(clock.sleeping).toBe(0)
  })
})
