import { describe, expect, it } from 'vitest'
import type { Fault, Prompt, ScriptedAnswer } from '../../src/testing/index.js'
import { eventsOf, inProcess, inTime, question, type InProcessGateway } from './gateway-lab.js'

const words: (prompt: Prompt) => ScriptedAnswer = () => ({ items: [{ type: 'text', text: 'word '.repeat(2000) }] })

type Spoil = Omit<Fault, 'endpoint'> | ((lab: InProcessGateway) => void)

/** What goes wrong, and as what it reaches the client: the status and our code, whether it should try again. */
const refusals: readonly (readonly [name: string, spoil: Spoil, status: number, code: string, shouldRetry: boolean])[] =
  [
    [
      'a rate limit',
      { status: 429, body: { error: { message: 'Slow down' } } },
      429,
      'ERR_UPSTREAM_RATE_LIMITED',
      true,
    ],
    [
      'a plan that is used up',
      ({ emulator }) => (emulator.scenario.usageLimit = { resetsInSeconds: 3600 }),
      429,
      'ERR_UPSTREAM_USAGE_LIMIT',
      false,
    ],
    ['an outage', { status: 503 }, 503, 'ERR_UPSTREAM_UNAVAILABLE', true],
    ['a failure', { status: 500, body: 'Oops' }, 503, 'ERR_UPSTREAM_UNAVAILABLE', true],
    [
      'the page of an edge',
      { status: 403, html: '<title>Just a moment...</title>', headers: { 'cf-mitigated': 'challenge' } },
      403,
      'ERR_UPSTREAM_EDGE_BLOCKED',
      false,
    ],
    ['a captive portal', { html: '<title>Free Wi-Fi</title>' }, 502, 'ERR_UPSTREAM_BAD_RESPONSE', false],
    ['a refusal', { status: 400, body: { detail: 'No such thing' } }, 400, 'ERR_UPSTREAM_REJECTED', false],
    ['a connection that breaks before', { drop: 'before' }, 502, 'ERR_NETWORK_UNREACHABLE', true],
    ['a connection that breaks after', { drop: 'after' }, 502, 'ERR_NETWORK_UNREACHABLE', true],
    [
      'a sign-in that is over',
      ({ emulator }) => {
        emulator.expireAccessTokens()
        emulator.expireRefreshTokens()
      },
      401,
      'ERR_TOKEN_REFRESH_EXPIRED',
      false,
    ],
  ]

describe.each(refusals)('with %s', (_name, spoil, status, code, shouldRetry) => {
  it.each([
    ['/v1/responses', {}],
    ['/v1/responses', { stream: true }],
    ['/v1/chat/completions', { input: undefined, messages: [{ role: 'user', content: 'Hello' }] }],
  ])('%s %j is refused in the shape of the public API', async (path, body) => {
    const lab = await inProcess()
    if (typeof spoil === 'function') spoil(lab)
    else lab.emulator.faults.add({ endpoint: 'responses', ...spoil })
    const answer = await lab.ask(path, question(body))
    expect({
      status: answer.status,
      code: answer.headers.get('x-planpass-code'),
      shouldRetry: answer.headers.get('x-should-retry') !== 'false',
      body: await answer.json(),
    }).toMatchObject({
      status,
      code,
      shouldRetry,
      body: { error: { message: expect.any(String), type: expect.any(String), code: expect.any(String) } },
    })
    expect(lab.gateway.running).toBe(0)
  })
})

const breaks: readonly (readonly [name: string, spoil: (lab: InProcessGateway) => void, code: string])[] = [
  [
    'is cut',
    ({ emulator }) => {
      emulator.scenario.answers = [{ answer: words }]
      emulator.faults.add({ endpoint: 'responses', truncateAfterBytes: 5000 })
    },
    'ERR_UPSTREAM_STREAM_CUT',
  ],
  [
    'fails at the backend',
    ({ emulator }) => {
      const failure = { code: 'server_error', message: 'It broke.' }
      emulator.scenario.answers = [{ answer: { items: [{ type: 'text', text: 'So ' }], failure } }]
    },
    'ERR_UPSTREAM_RESPONSE_FAILED',
  ],
]

describe.each(breaks)('an answer that %s', (_name, spoil, code) => {
  it('ends a stream of Responses with an error, and never as if it were whole', async () => {
    const lab = await inProcess()
    spoil(lab)
    const events = await eventsOf(await lab.ask('/v1/responses', question({ stream: true })))
    expect(events.at(-1)).toMatchObject({ type: 'error', code, message: expect.any(String), error: { code } })
    expect(events.map(({ type }) => type)).not.toContain('response.completed')
  })

  it('ends a stream of Chat Completions with an error, without [DONE]', async () => {
    const lab = await inProcess()
    spoil(lab)
    const messages = [{ role: 'user', content: 'Hello' }]
    const text = await (
      await lab.ask('/v1/chat/completions', question({ input: undefined, messages, stream: true }))
    ).text()
    expect(text).toContain(`"code":"${code}"`)
    expect(text).not.toContain('[DONE]')
  })

  it('is an error where no stream was asked for', async () => {
    const lab = await inProcess()
    spoil(lab)
    const answer = await lab.ask('/v1/responses', question())
    expect(answer.status).toBeGreaterThanOrEqual(500)
    expect(answer.headers.get('x-planpass-code')).toBe(code)
  })
})

describe('an answer that nobody reads on', () => {
  it('is given up after two minutes, and its place with it', async () => {
    const lab = await inProcess()
    lab.emulator.scenario.answers = [{ answer: words }]
    const answer = await lab.ask('/v1/responses', question({ stream: true }))
    const reader = answer.body?.getReader()
    await reader?.read()
    expect(lab.gateway.running).toBe(1)
    for (let quarter = 0; quarter < 5; quarter += 1) await lab.clock.advance(30_000)
    expect(lab.gateway.running).toBe(0)
    await expect(reader?.read()).rejects.toThrow('stopped reading')
  })
})

describe('a backend that takes its time', () => {
  it('is passed on whole, however slowly it trickles', async () => {
    const lab = await inProcess()
    lab.emulator.faults.add({ endpoint: 'responses', slow: { chunkBytes: 400, delayMs: 20 } })
    const whole = lab.ask('/v1/responses', question({ stream: true })).then(eventsOf)
    expect((await inTime(lab, 20, whole)).at(-1)).toMatchObject({ type: 'response.completed' })
  })

  it('is waited for while it may still answer', async () => {
    const lab = await inProcess()
    lab.emulator.faults.add({ endpoint: 'responses', delayMs: 60_000 })
    expect((await inTime(lab, 10_000, lab.ask('/v1/responses', question()))).status).toBe(200)
  })

  it('is a time-out once it has said nothing for five minutes', async () => {
    const lab = await inProcess()
    lab.emulator.faults.add({ endpoint: 'responses', delayMs: 3_600_000 })
    const answer = await inTime(lab, 30_000, lab.ask('/v1/responses', question()))
    expect(answer.status).toBe(504)
    expect(answer.headers.get('x-planpass-code')).toBe('ERR_NETWORK_TIMEOUT')
  })

  it('is not waited for where it is asked for the models', async () => {
    const lab = await inProcess()
    lab.emulator.faults.add({ endpoint: 'models', delayMs: 3_600_000 })
    const answer = await inTime(lab, 5000, lab.ask('/v1/models'))
    expect({ status: answer.status, code: answer.headers.get('x-planpass-code') }).toEqual({
      status: 504,
      code: 'ERR_NETWORK_TIMEOUT',
    })
    expect(lab.clock.now() - Date.UTC(2026, 0, 1)).toBeLessThan(120_000)
  })
})
