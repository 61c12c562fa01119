import { describe, expect, it, vi } from 'vitest'
import {
  streamResponse,
  textDelta,
  tokenUsage,
  type ResponseEvent,
  type ResponseRequest,
  type StreamOptions,
} from '../../src/backend/index.js'
import type { ErrorCode, Session } from '../../src/core/index.js'
import type { Fault } from '../../src/testing/index.js'
import { caught, caughtAuthError, caughtCode } from '../support/caught.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { jwt } from '../support/jwt.js'
import { signedIn } from '../support/signed-in.js'
import { toArray } from '../support/to-array.js'

const question: ResponseRequest = {
  model: 'gpt-5.5',
  instructions: 'Be brief.',
  input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
}

const ask = (session: Session, options?: StreamOptions) => toArray(streamResponse(session, question, options))
const textOf = (events: ResponseEvent[]) => events.map(textDelta).join('')

/** A stream as the backend would send it. */
const events = (...list: unknown[]) => list.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
const completed = { type: 'response.completed', response: { usage: { input_tokens: 1 } } }

async function whenAnswered(fault: Omit<Fault, 'endpoint'>) {
  const world = await signedIn()
  world.emulator.faults.add({ endpoint: 'responses', ...fault })
  return world
}

describe('an answer', () => {
  it('is streamed event by event, to its last one', async () => {
    const { session } = await signedIn()
    const answer = await ask(session)
    expect(textOf(answer)).toBe('You said: Hello')
    expect(answer.at(-1)?.type).toBe('response.completed')
    expect(tokenUsage(answer.at(-1)!)).toEqual({
      inputTokens: expect.any(Number),
      cachedInputTokens: expect.any(Number),
      outputTokens: expect.any(Number),
      reasoningTokens: expect.any(Number),
    })
  })

  it('may hold reasoning, calls and its limits', async () => {
    const { session, emulator } = await signedIn()
    emulator.scenario.answers = [
      {
        answer: {
          items: [
            { type: 'reasoning', summary: 'Thinking.' },
            { type: 'function_call', name: 'look', arguments: { at: 'this' } },
          ],
        },
      },
    ]
    const types = new Set((await ask(session)).map(({ type }) => type))
    expect(types).toContain('response.output_item.done')
    expect(types).toContain('codex.rate_limits')
  })

  it('ties the turns of a conversation together', async () => {
    const { session, emulator } = await signedIn()
    await ask(session, { conversationId: 'conversation-1' })
    await ask(session, { conversationId: 'conversation-1' })
    await ask(session)
    const ids = emulator.log.map(({ headers }) => headers['session-id'])
    expect(ids[0]).toBe(ids[1])
    expect(ids[0]).not.toBe(ids[2])
  })

  it('needs no content type, and no last blank line', async () => {
    const { session } = await whenAnswered({ body: events(completed).trimEnd(), headers: { 'content-type': 'x/y' } })
    expect((await ask(session)).map(({ type }) => type)).toEqual(['response.completed'])
  })

  it('ends at its last event, whatever follows', async () => {
    const { session } = await whenAnswered({ body: events({ type: 'response.incomplete' }, { type: 'more' }) })
    expect((await ask(session)).map(({ type }) => type)).toEqual(['response.incomplete'])
  })

  it('tells no counts that it does not have', () => {
    expect(tokenUsage({ type: 'x', data: {} })).toBeUndefined()
    expect(tokenUsage({ type: 'x', data: { response: { usage: { output_tokens: 3 } } } })).toEqual({ outputTokens: 3 })
  })
})

/** Protocol 9, real-codex 9. */
const refusals: [ErrorCode, Omit<Fault, 'endpoint'>][] = [
  ['ERR_UPSTREAM_USAGE_LIMIT', { status: 429, body: { error: { type: 'usage_limit_reached' } } }],
  ['ERR_UPSTREAM_USAGE_LIMIT', { status: 429, body: { error: { type: 'usage_not_included' } } }],
  ['ERR_UPSTREAM_USAGE_LIMIT', { status: 429, body: { error: { code: 'usage_limit_reached' } } }],
  ['ERR_UPSTREAM_RATE_LIMITED', { status: 429, body: { error: { message: 'Slow down.' } } }],
  ['ERR_UPSTREAM_RATE_LIMITED', { status: 429 }],
  [
    'ERR_UPSTREAM_MODEL_NOT_AVAILABLE',
    { status: 400, body: { detail: "The 'x' model is not supported when using Codex with a ChatGPT account." } },
  ],
  ['ERR_UPSTREAM_MODEL_NOT_AVAILABLE', { status: 404, body: { error: { message: 'The model `x` does not exist.' } } }],
  ['ERR_UPSTREAM_REJECTED', { status: 400, body: { detail: 'Unsupported parameter: temperature' } }],
  ['ERR_UPSTREAM_REJECTED', { status: 400, body: { detail: [{ msg: 'Field required' }] } }],
  ['ERR_UPSTREAM_REJECTED', { status: 403, body: { error: { message: 'No.' } } }],
  ['ERR_UPSTREAM_REJECTED', { status: 413 }],
  ['ERR_UPSTREAM_UNAUTHORIZED', { status: 401, body: { error: { code: 'token_invalidated' } } }],
  ['ERR_UPSTREAM_UNAVAILABLE', { status: 500 }],
  ['ERR_UPSTREAM_UNAVAILABLE', { status: 503, body: { error: { code: 'server_is_overloaded' } } }],
  ['ERR_UPSTREAM_UNAVAILABLE', { status: 502, html: '<html></html>' }],
  ['ERR_UPSTREAM_EDGE_BLOCKED', { status: 403, html: '<html>Just a moment...</html>' }],
  ['ERR_UPSTREAM_REDIRECT', { status: 307, headers: { location: 'https://evil.example' } }],
  ['ERR_NETWORK_UNREACHABLE', { drop: 'before' }],
]

describe('a request that is refused', () => {
  it.each(refusals)('is %s when the answer is %j', async (code, fault) => {
    const { session } = await whenAnswered(fault)
    expect(await caughtCode(ask(session))).toBe(code)
  })

  it('says when the limit of the plan is lifted', async () => {
    const { session, emulator, clock } = await signedIn()
    emulator.scenario.usageLimit = { resetsInSeconds: 3600 }
    expect(await caughtAuthError(ask(session, { clock }))).toMatchObject({
      code: 'ERR_UPSTREAM_USAGE_LIMIT',
      remedy: 'wait',
      retryAfterMs: 3_600_000,
    })
  })

  it('carries the wait and the id the server gave', async () => {
    const headers = { 'retry-after': '2', 'x-request-id': 'req_0123456789abcdef0123456789abcdef' }
    const { session } = await whenAnswered({ status: 429, headers })
    expect(await caughtAuthError(ask(session, { clock: createHurryingClock() }))).toMatchObject({
      retryAfterMs: 2000,
      requestId: 'req_0123456789abcdef0123456789abcdef',
    })
  })
})

describe('an answer that fails', () => {
  const failed = (error: unknown) => events({ type: 'response.failed', response: { error } })

  it.each<[ErrorCode, string]>([
    ['ERR_UPSTREAM_RESPONSE_FAILED', failed({ code: 'server_error', message: 'It broke.' })],
    ['ERR_UPSTREAM_RESPONSE_FAILED', failed(null)],
    ['ERR_UPSTREAM_RESPONSE_FAILED', events({ type: 'error', message: 'It broke.' })],
    ['ERR_UPSTREAM_RESPONSE_FAILED', events({ type: 'error', error: { message: 'It broke.' } })],
    ['ERR_UPSTREAM_USAGE_LIMIT', events({ type: 'error', error: { type: 'usage_limit_reached' } })],
    ['ERR_UPSTREAM_USAGE_LIMIT', failed({ code: 'usage_limit_reached' })],
    ['ERR_UPSTREAM_USAGE_LIMIT', failed({ code: 'usage_not_included' })],
  ])('in the stream is %s: %s', async (code, body) => {
    const { session } = await whenAnswered({ body })
    expect(await caughtCode(ask(session))).toBe(code)
  })

  it('gives what came before it', async () => {
    const { session } = await whenAnswered({
      body: events({ type: 'response.output_text.delta', delta: 'Hel' }) + failed({ message: 'It broke.' }),
    })
    const seen: string[] = []
    const reading = (async () => {
      for await (const event of streamResponse(session, question)) seen.push(event.type)
    })()
    expect((await caughtAuthError(reading)).message).toContain('It broke.')
    expect(seen).toEqual(['response.output_text.delta'])
  })

  it('repeats no token that the server quotes', async () => {
    const token = jwt({ sub: 'ada' })
    for (const error of [{ message: `Bad token ${token}` }, { code: token }]) {
      const { session } = await whenAnswered({ body: failed(error) })
      expect((await caughtAuthError(ask(session))).message).not.toContain(token)
    }
  })
})

describe('a stream that is cut', () => {
  const delta = { type: 'response.output_text.delta', delta: 'Hello' }

  it.each([
    ['after an event', events(delta)],
    ['before any event', ''],
    ['within an event', events(delta) + events(completed).slice(0, 30)],
    ['within the first event', events(delta).slice(0, 20)],
  ])('cleanly, %s, is not taken for a whole answer', async (_, body) => {
    const { session } = await whenAnswered({ status: 200, body })
    expect(await caughtCode(ask(session))).toBe('ERR_UPSTREAM_STREAM_CUT')
  })

  it.each([1, 60, 300])('by the connection, after %i bytes, is not either', async (truncateAfterBytes) => {
    const { session } = await whenAnswered({ truncateAfterBytes })
    expect(await caughtAuthError(ask(session))).toMatchObject({ code: 'ERR_UPSTREAM_STREAM_CUT', retryable: true })
  })

  it('is told from one that holds nonsense', async () => {
    for (const nonsense of ['data: nonsense\n\n', 'data: []\n\n', 'data: {"a":1}\n\n']) {
      const { session } = await whenAnswered({ body: nonsense + events(completed) })
      expect(await caughtCode(ask(session))).toBe('ERR_UPSTREAM_BAD_RESPONSE')
    }
  })
})

describe('a reader who leaves', () => {
  it('early ends the request', async () => {
    const { openSession, emulator } = await signedIn()
    const cancel = vi.fn<() => void>()
    const fetch = async (input: string | URL | Request, init?: RequestInit) => {
      const response = await emulator.fetch(input, init)
      const reader = response.body?.getReader()
      const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
        const next = await reader?.read()
        if (next?.value) controller.enqueue(next.value)
        else controller.close()
      }
      return new Response(new ReadableStream({ pull, cancel }, { highWaterMark: 0 }), response)
    }
    const stream = streamResponse(openSession({ fetch }), question)
    for await (const event of stream) if (event.type.startsWith('response.')) break
    expect(cancel).toHaveBeenCalledOnce()
  })

  it.each([
    ['an abort', undefined],
    ['a reason of the caller’s own', new Error('Ctrl-C')],
  ])('by %s gets that back, whether or not the answer has begun', async (_, reason) => {
    for (const at of ['before', 'during']) {
      const { session } = await signedIn()
      const controller = new AbortController()
      if (at === 'before') controller.abort(reason)
      const reading = (async () => {
        for await (const event of streamResponse(session, question, { signal: controller.signal }))
          if (event.type === 'response.created') controller.abort(reason)
      })()
      expect(await caught(reading)).toBe(controller.signal.reason)
    }
  })
})
