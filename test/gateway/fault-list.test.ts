import OpenAI, { APIError } from 'openai'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/testing/index.js'
import { faultMembers } from '../../src/testing/parse-fault.js'
import { inProcess, inTime, model, origin, type InProcessGateway } from './gateway-lab.js'

/** Every kind of fault of the emulator; what only says where and when, and for whom, is none. */
type Kind = Exclude<keyof Fault, 'endpoint' | 'times' | 'when' | 'headers'>

/** What the gateway asks for its clients. */
type Endpoint = 'responses' | 'models' | 'token'

/** As what it reaches a client: an error of its own kind, by our code; or not at all. */
type Outcome = readonly [error: keyof typeof OpenAI, code: string] | 'an answer'
type Row = readonly [fault: Omit<Fault, 'endpoint'>, outcome: Outcome]

const unreachable = ['InternalServerError', 'ERR_NETWORK_UNREACHABLE'] as const
const late = ['InternalServerError', 'ERR_NETWORK_TIMEOUT'] as const
const badAnswer = ['InternalServerError', 'ERR_UPSTREAM_BAD_RESPONSE'] as const
const unavailable = ['InternalServerError', 'ERR_UPSTREAM_UNAVAILABLE'] as const
const cut = ['APIError', 'ERR_UPSTREAM_STREAM_CUT'] as const
const noRefresh = ['InternalServerError', 'ERR_TOKEN_REFRESH_UNAVAILABLE'] as const

/** A new kind of fault does not compile here, and a new member of one fails the first test, until somebody says what it comes to. */
const expected: Readonly<Record<Kind, Readonly<Record<Endpoint, readonly Row[]>>>> = {
  status: {
    responses: [
      [{ status: 400 }, ['BadRequestError', 'ERR_UPSTREAM_REJECTED']],
      [{ status: 401 }, ['AuthenticationError', 'ERR_UPSTREAM_UNAUTHORIZED']],
      [{ status: 403 }, ['PermissionDeniedError', 'ERR_UPSTREAM_REJECTED']],
      [{ status: 404 }, ['NotFoundError', 'ERR_UPSTREAM_REJECTED']],
      [{ status: 422 }, ['UnprocessableEntityError', 'ERR_UPSTREAM_REJECTED']],
      [{ status: 429 }, ['RateLimitError', 'ERR_UPSTREAM_RATE_LIMITED']],
      [{ status: 500 }, unavailable],
      [{ status: 503, headers: { 'retry-after': '7' } }, unavailable],
      [
        { status: 302, headers: { location: 'https://evil.example/' } },
        ['InternalServerError', 'ERR_UPSTREAM_REDIRECT'],
      ],
    ],
    models: [
      [{ status: 401 }, ['AuthenticationError', 'ERR_UPSTREAM_UNAUTHORIZED']],
      [{ status: 429 }, ['RateLimitError', 'ERR_UPSTREAM_RATE_LIMITED']],
      [{ status: 503 }, unavailable],
    ],
    token: [
      [{ status: 401 }, ['AuthenticationError', 'ERR_TOKEN_REFRESH_REJECTED']],
      [{ status: 429 }, noRefresh],
      [{ status: 503 }, noRefresh],
    ],
  },
  body: {
    responses: [[{ body: { unheard: 'of' } }, badAnswer]],
    models: [[{ body: { unheard: 'of' } }, badAnswer]],
    token: [
      [{ body: { unheard: 'of' } }, badAnswer],
      [{ status: 400, body: { error: 'invalid_grant' } }, ['AuthenticationError', 'ERR_TOKEN_REFRESH_REJECTED']],
    ],
  },
  html: {
    responses: [
      [{ html: '<title>Free Wi-Fi</title>' }, badAnswer],
      [
        { status: 403, html: '<title>Just a moment...</title>', headers: { 'cf-mitigated': 'challenge' } },
        ['PermissionDeniedError', 'ERR_UPSTREAM_EDGE_BLOCKED'],
      ],
    ],
    models: [[{ html: '<title>Free Wi-Fi</title>' }, badAnswer]],
    token: [[{ html: '<title>Free Wi-Fi</title>' }, badAnswer]],
  },
  delayMs: {
    responses: [
      [{ delayMs: 60_000 }, 'an answer'],
      [{ delayMs: 3_600_000 }, late],
    ],
    models: [
      [{ delayMs: 20_000 }, 'an answer'],
      [{ delayMs: 3_600_000 }, late],
    ],
    token: [[{ delayMs: 300 }, 'an answer']],
  },
  drop: {
    responses: [
      [{ drop: 'before' }, unreachable],
      [{ drop: 'after' }, unreachable],
    ],
    models: [
      [{ drop: 'before' }, unreachable],
      [{ drop: 'after' }, unreachable],
    ],
    token: [
      [{ drop: 'before' }, unreachable],
      [{ drop: 'after' }, unreachable],
    ],
  },
  truncateAfterBytes: {
    responses: [
      [{ truncateAfterBytes: 0 }, cut],
      [{ truncateAfterBytes: 700 }, cut],
    ],
    models: [[{ truncateAfterBytes: 100 }, unreachable]],
    token: [[{ truncateAfterBytes: 100 }, unreachable]],
  },
  slow: {
    responses: [[{ slow: { chunkBytes: 200, delayMs: 100 } }, 'an answer']],
    models: [[{ slow: { chunkBytes: 200, delayMs: 100 } }, 'an answer']],
    token: [[{ slow: { chunkBytes: 200, delayMs: 10 } }, 'an answer']],
  },
  clockOffsetMs: {
    responses: [[{ clockOffsetMs: 3_600_000 }, 'an answer']],
    models: [[{ clockOffsetMs: -3_600_000 }, 'an answer']],
    token: [
      [{ clockOffsetMs: 3_600_000 }, 'an answer'],
      [{ clockOffsetMs: -3_600_000 }, 'an answer'],
    ],
  },
}

const messages = [{ role: 'user' as const, content: 'Hello' }]

/** What a client may want, of which each endpoint has its part. */
const wishes: Readonly<Record<Endpoint, Readonly<Record<string, (client: OpenAI) => Promise<unknown>>>>> = {
  responses: {
    'a whole answer': (client) => client.responses.create({ model, input: 'Hello' }),
    'a stream': async (client) => readAll(await client.responses.create({ model, input: 'Hello', stream: true })),
    'a whole chat': (client) => client.chat.completions.create({ model, messages }),
    'a streamed chat': async (client) =>
      readAll(await client.chat.completions.create({ model, messages, stream: true })),
  },
  models: { 'the models': (client) => client.models.list() },
  token: { 'an answer, with a token that is over': (client) => client.responses.create({ model, input: 'Hello' }) },
}

async function readAll(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _event of stream);
}

/** The official client, which never tries again by itself here: what it raises is what is looked at. */
function clientOf({ gateway, key }: InProcessGateway): OpenAI {
  const fetch: typeof globalThis.fetch = (url, init) => gateway.fetch(new Request(url, init))
  return new OpenAI({ baseURL: `${origin}/v1`, apiKey: key, fetch, maxRetries: 0 })
}

function toExpectation(outcome: Outcome): unknown {
  if (outcome === 'an answer') return outcome
  const [name, code] = outcome
  return { code, error: expect.any(OpenAI[name] as typeof Error) }
}

function codeOf(error: unknown): unknown {
  return error instanceof APIError ? (error.headers?.get('x-planpass-code') ?? error.code) : error
}

it('has an expectation for every kind of fault that the emulator knows', () => {
  const where = ['times', 'headers']
  expect(Object.keys(expected).toSorted()).toEqual(faultMembers.filter((name) => !where.includes(name)).toSorted())
})

const cases = Object.values(expected).flatMap((endpoints) =>
  Object.entries(endpoints).flatMap(([endpoint, rows]) =>
    rows.flatMap(([fault, outcome]) =>
      Object.entries(wishes[endpoint as Endpoint]).map(([name, wish]) => ({
        endpoint: endpoint as Endpoint,
        fault,
        outcome,
        name,
        wish,
      })),
    ),
  ),
)

describe.each(cases)(
  'the official client that wants $name while $endpoint has $fault',
  ({ endpoint, fault, outcome, wish }) => {
    it(`gets ${outcome === 'an answer' ? outcome : outcome.join(' ')}`, async () => {
      const lab = await inProcess()
      if (endpoint === 'token') lab.emulator.expireAccessTokens()
      lab.emulator.faults.add({ endpoint, ...fault })
      const takesTime = 'delayMs' in fault || 'slow' in fault
      const asking = wish(clientOf(lab))
      // A refresh is work that takes real time too, in which the clock must not run away.
      const work = takesTime ? inTime(lab, endpoint === 'token' ? 10 : 1000, asking) : asking
      const found = await work.then(
        () => 'an answer',
        (error: unknown) => ({ code: codeOf(error), error }),
      )
      expect(found).toEqual(toExpectation(outcome))
      expect(lab.gateway.running).toBe(0)
    })
  },
)
