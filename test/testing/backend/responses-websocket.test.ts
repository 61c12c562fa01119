import { once } from 'node:events'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { serveResponsesWebSocket } from '../../../src/testing/backend/responses-websocket.js'
import type { Prompt } from '../../../src/testing/backend/scenario.js'
import { emulatorAtRest } from '../issuer-client.js'
import {
  type BackendUnderTest,
  type StreamEvent,
  acceptedBody,
  createBackendUnderTest,
  doneItems,
  userMessage,
} from './backend-under-test.js'

const terminalTypes = ['response.completed', 'response.failed', 'error']

interface Conversation {
  readonly socket: WebSocket
  /** Sends a frame and collects the events up to the one that ends the response. */
  readonly ask: (frame: object | string) => Promise<StreamEvent[]>
}

let server: Server
let backend: BackendUnderTest
let stop: () => void

beforeEach(async () => {
  backend = createBackendUnderTest()
  server = createServer()
  stop = await serveResponsesWebSocket(server, backend)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(async () => {
  stop()
  server.close()
  await once(server, 'close')
})

function connect(
  path = '/backend-api/codex/responses',
  headers: Record<string, string> = { authorization: 'Bearer ada' },
) {
  return new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { headers })
}

async function converse(): Promise<Conversation> {
  const socket = connect()
  await once(socket, 'open')
  const ask = (frame: object | string) =>
    new Promise<StreamEvent[]>((resolve) => {
      const events: StreamEvent[] = []
      const onMessage = (data: Buffer) => {
        const event = JSON.parse(data.toString('utf8')) as StreamEvent
        events.push(event)
        if (!terminalTypes.includes(event.type)) return
        socket.off('message', onMessage)
        resolve(events)
      }
      socket.on('message', onMessage)
      socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
    })
  return { socket, ask }
}

const create = (members: object) => ({ type: 'response.create', ...acceptedBody, ...members })

function idOf(events: readonly StreamEvent[]): unknown {
  return (events.at(-1)?.['response'] as { id?: string } | undefined)?.id
}

function said(events: readonly StreamEvent[]): unknown {
  return (doneItems(events)[0] as { content: { text: string }[] } | undefined)?.content[0]?.text
}

function textsOf({ body }: Prompt): unknown[] {
  return [...JSON.stringify(body['input']).matchAll(/"text":"(.*?)"/g)].map(([, text]) => text)
}

describe('responses over a websocket', () => {
  it('answers a frame with the events of the stream', async () => {
    const { ask } = await converse()
    const events = await ask(create({}))
    expect(events[0]?.type).toBe('response.created')
    expect(said(events)).toBe('You said: Hello')
  })

  it('goes on from a response that was only prepared', async () => {
    const { ask } = await converse()
    const prepared = await ask(create({ generate: false }))
    expect(prepared.map(({ type }) => type)).toEqual(['response.created', 'response.completed'])
    expect(said(await ask(create({ previous_response_id: idOf(prepared), input: [] })))).toBe('You said: Hello')
  })

  it('remembers what was said on both sides', async () => {
    const { ask } = await converse()
    backend.scenario.answers = [
      { when: ({ text }) => text === 'Hello', answer: { items: [{ type: 'text', text: 'You are Ada.' }] } },
      { answer: (prompt) => ({ items: [{ type: 'text', text: textsOf(prompt).join(' / ') }] }) },
    ]
    const first = await ask(create({}))
    const second = await ask(create({ previous_response_id: idOf(first), input: [userMessage('Who am I?')] }))
    expect(said(second)).toBe('Hello / You are Ada. / Who am I?')
  })

  it.each([
    [
      'a response it does not know',
      create({ previous_response_id: 'resp_other' }),
      { code: 'previous_response_not_found' },
    ],
    ['a frame that is not JSON', '{', { code: 'invalid_event' }],
    ['an event it does not know', { type: 'response.cancel' }, { code: 'invalid_event' }],
    ['what the rules refuse', create({ temperature: 0 }), { message: 'Unsupported parameter: temperature' }],
  ])('refuses %s and keeps the connection', async (_, frame, error) => {
    const { ask } = await converse()
    expect(await ask(frame)).toMatchObject([{ type: 'error', status: 400, error }])
    expect(said(await ask(create({})))).toBe('You said: Hello')
  })

  it('tells a usage limit in an error frame', async () => {
    backend.scenario.usageLimit = { resetsInSeconds: 60 }
    const { ask } = await converse()
    expect(await ask(create({}))).toMatchObject([
      { type: 'error', status: 429, error: { type: 'usage_limit_reached', resets_in_seconds: 60 } },
    ])
  })

  it('answers a script that throws with an error frame, and lives', async () => {
    const { ask } = await converse()
    backend.scenario.answers = [
      {
        answer: () => {
          throw new Error('a bug in the script')
        },
      },
    ]
    expect(await ask(create({}))).toMatchObject([{ type: 'error', status: 500, error: { code: 'emulator_failed' } }])
    backend.scenario.answers = []
    expect(said(await ask(create({})))).toBe('You said: Hello')
  })

  it('ends the connection of a client that breaks the protocol, and no other', async () => {
    const [broken, other] = [await converse(), await converse()]
    broken.socket.send('a frame without a mask', { mask: false })
    await once(broken.socket, 'close')
    expect(said(await other.ask(create({})))).toBe('You said: Hello')
  })

  it('is logged and counted as an upgrade and its frames, without a secret', async () => {
    const { ask } = await converse()
    await ask(create({ instructions: 'canary-7f3a91' }))
    await ask(create({ temperature: 0 }))
    const path = '/backend-api/codex/responses'
    expect(backend.log.entries).toMatchObject([
      { method: 'GET', endpoint: 'responses', path, status: 101 },
      { method: 'FRAME', endpoint: 'responses', path, status: 200, body: { model: 'gpt-5.5', input: 'array(1)' } },
      { method: 'FRAME', endpoint: 'responses', path, status: 400 },
    ])
    expect(backend.log.counters.requests.responses).toBe(3)
    expect(JSON.stringify(backend.log.entries)).not.toMatch(/canary|Bearer ada/)
  })

  it('has its upgrade refused or cut by a fault', async () => {
    backend.faults.add({ endpoint: 'responses', status: 503, times: 1 })
    backend.faults.add({ endpoint: 'responses', drop: 'before', times: 1 })
    const [refused] = (await once(connect(), 'error')) as [Error]
    expect(refused.message).toBe('Unexpected server response: 503')
    const [cut] = (await once(connect(), 'error')) as [Error]
    expect(cut.message).toBe('socket hang up')
    expect(backend.log.entries.map(({ status }) => status)).toEqual([503, undefined])
    expect(said(await (await converse()).ask(create({})))).toBe('You said: Hello')
  })

  it('lets the server close while an upgrade is being delayed', async () => {
    const { emulator, clock } = emulatorAtRest()
    const listener = await emulator.listen({ webSocket: true })
    emulator.faults.add({ endpoint: 'responses', delayMs: 60_000 })
    const { accessToken } = await emulator.issueTokens()
    const headers = { authorization: `Bearer ${accessToken}` }
    const socket = new WebSocket(`${listener.backendUrl.replace('http', 'ws')}/codex/responses`, { headers })
    const failed = once(socket, 'error')
    while (clock.sleeping === 0) await clock.advance(0)
    await listener.close()
    expect(await failed).toMatchObject([{ message: 'socket hang up' }])
  })

  it.each([
    [401, '/backend-api/codex/responses', {}],
    [404, '/backend-api/codex/else', { authorization: 'Bearer ada' }],
  ])('refuses the upgrade with %d at %s', async (status, path, headers) => {
    const socket = connect(path, headers)
    const [error] = (await once(socket, 'error')) as [Error]
    expect(error.message).toBe(`Unexpected server response: ${status}`)
  })
})
