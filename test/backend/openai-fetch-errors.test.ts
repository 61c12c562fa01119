import { describe, expect, it } from 'vitest'
import { toErrorAnswer } from '../../src/backend/openai-envelope.js'
import { createOpenAIFetch } from '../../src/backend/openai-fetch.js'
import {
  AuthError,
  createMemoryStore,
  errorTable,
  isAuthError,
  type ErrorCode,
  type Fetch,
} from '../../src/core/index.js'
import type { Fault } from '../../src/testing/index.js'
import { caught } from '../support/caught.js'
import { signedIn } from '../support/signed-in.js'

const asks = {
  'a response': { path: '/responses', body: { model: 'gpt-5.5', input: 'Hello' } },
  'a chat completion': {
    path: '/chat/completions',
    body: { model: 'gpt-5.5', messages: [{ role: 'user', content: 'Hello' }] },
  },
} as const
const everyAsk = Object.entries(asks).flatMap(([what, ask]) =>
  [false, true].map((stream) => [`${what}${stream ? ' as a stream' : ''}`, ask.path, { ...ask.body, stream }] as const),
)

async function client(fault?: Omit<Fault, 'endpoint'>) {
  const world = await signedIn()
  if (fault) world.emulator.faults.add({ endpoint: 'responses', ...fault })
  const fetch = createOpenAIFetch(world.session, { clock: world.clock })
  const post = (path: string, body: unknown) =>
    fetch(`https://api.openai.com/v1${path}`, { method: 'POST', body: JSON.stringify(body) })
  return { ...world, post, fetch }
}

const created = { type: 'response.created', response: { id: 'resp_1' } }
const delta = { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Half an ans' }
const events = (...list: unknown[]) => list.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
const failed = (code: string) => ({ type: 'response.failed', response: { error: { code, message: 'No.' } } })

const codeOf = (error: unknown) => (isAuthError(error) ? error.code : undefined)

interface Expected {
  readonly status: number
  readonly type: string
  readonly code: string
  readonly ours: string
  /** Whether the client is told not to try again. */
  readonly isFinal: boolean
  readonly param?: string
}

const failures: [string, Omit<Fault, 'endpoint'>, Expected][] = [
  [
    'a usage limit',
    { status: 429, body: { error: { type: 'usage_limit_reached', message: 'The usage limit has been reached' } } },
    {
      status: 429,
      type: 'usage_limit_reached',
      code: 'usage_limit_reached',
      ours: 'ERR_UPSTREAM_USAGE_LIMIT',
      isFinal: true,
    },
  ],
  [
    'too many requests',
    { status: 429, body: { error: { message: 'Slow down.' } } },
    {
      status: 429,
      type: 'rate_limit_error',
      code: 'rate_limit_exceeded',
      ours: 'ERR_UPSTREAM_RATE_LIMITED',
      isFinal: false,
    },
  ],
  [
    'a model that the plan does not have',
    { status: 400, body: { detail: "The 'x' model is not supported when using Codex with a ChatGPT account." } },
    {
      status: 404,
      type: 'invalid_request_error',
      code: 'model_not_found',
      ours: 'ERR_UPSTREAM_MODEL_NOT_AVAILABLE',
      isFinal: true,
    },
  ],
  [
    'a field that is new to us',
    { status: 400, body: { detail: 'Unsupported parameter: service_tier' } },
    {
      status: 400,
      type: 'invalid_request_error',
      code: 'ERR_UPSTREAM_REJECTED',
      ours: 'ERR_UPSTREAM_REJECTED',
      isFinal: true,
      param: 'service_tier',
    },
  ],
  [
    'a refusal with a code',
    {
      status: 422,
      body: { error: { code: 'string_above_max_length', message: 'Too long.', param: 'input[0].call_id' } },
    },
    {
      status: 422,
      type: 'invalid_request_error',
      code: 'string_above_max_length',
      ours: 'ERR_UPSTREAM_REJECTED',
      isFinal: true,
      param: 'input[0].call_id',
    },
  ],
  [
    'a page of the edge',
    { status: 403, html: '<html>Just a moment...</html>' },
    {
      status: 403,
      type: 'permission_error',
      code: 'ERR_UPSTREAM_EDGE_BLOCKED',
      ours: 'ERR_UPSTREAM_EDGE_BLOCKED',
      isFinal: true,
    },
  ],
  [
    'a page instead of a stream',
    { status: 200, html: '<html><title>Hotel</title></html>' },
    {
      status: 502,
      type: 'server_error',
      code: 'ERR_UPSTREAM_BAD_RESPONSE',
      ours: 'ERR_UPSTREAM_BAD_RESPONSE',
      isFinal: true,
    },
  ],
  [
    'a backend that is down',
    { status: 503, body: { error: { code: 'server_is_overloaded' } } },
    {
      status: 503,
      type: 'server_error',
      code: 'ERR_UPSTREAM_UNAVAILABLE',
      ours: 'ERR_UPSTREAM_UNAVAILABLE',
      isFinal: false,
    },
  ],
  [
    'a redirect',
    { status: 307, headers: { location: 'https://evil.example' } },
    {
      status: 502,
      type: 'server_error',
      code: 'ERR_UPSTREAM_REDIRECT',
      ours: 'ERR_UPSTREAM_REDIRECT',
      isFinal: true,
    },
  ],
  [
    'a connection that breaks before the answer',
    { drop: 'before' },
    {
      status: 502,
      type: 'server_error',
      code: 'ERR_NETWORK_UNREACHABLE',
      ours: 'ERR_NETWORK_UNREACHABLE',
      isFinal: false,
    },
  ],
  [
    'a stream with nothing in it',
    { status: 200, body: '' },
    {
      status: 502,
      type: 'server_error',
      code: 'ERR_UPSTREAM_STREAM_CUT',
      ours: 'ERR_UPSTREAM_STREAM_CUT',
      isFinal: false,
    },
  ],
  [
    'an answer that fails at once',
    { status: 200, body: events(failed('context_length_exceeded')) },
    {
      status: 400,
      type: 'invalid_request_error',
      code: 'context_length_exceeded',
      ours: 'ERR_UPSTREAM_CONTEXT_TOO_LONG',
      isFinal: true,
    },
  ],
]

describe.each(everyAsk)('%s', (_, path, body) => {
  it.each(failures)('is an error of the public API for %s', async (__, fault, expected) => {
    const { post } = await client(fault)
    const response = await post(path, body)
    const { type, code, param = null } = expected
    expect(response.status).toBe(expected.status)
    expect(await response.json()).toEqual({ error: { message: expect.stringMatching(/\w/), type, code, param } })
    expect(response.headers.get('x-planpass-code')).toBe(expected.ours)
    expect(response.headers.get('x-should-retry')).toBe(expected.isFinal ? 'false' : null)
  })

  it('is refused before it is sent when the backend could only answer something else', async () => {
    const { post, emulator } = await client()
    const response = await post(path, { ...body, background: true })
    expect(response.status).toBe(400)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(await response.json()).toMatchObject({ error: { code: 'unsupported_parameter', param: 'background' } })
    expect(emulator.log).toEqual([])
  })

  it('is refused before it is sent when it is no JSON', async () => {
    const { fetch, emulator } = await client()
    const response = await fetch(`https://api.openai.com/v1${path}`, { method: 'POST', body: '{"model":' })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'ERR_UPSTREAM_BAD_REQUEST' } })
    expect(emulator.log).toEqual([])
  })

  it('is never half of one', async () => {
    const { post } = await client({ status: 200, body: events(created, delta) })
    const response = await post(path, body)
    const end = body.stream ? codeOf(await caught(response.text())) : response.headers.get('x-planpass-code')
    expect([response.status, end]).toEqual([body.stream ? 200 : 502, 'ERR_UPSTREAM_STREAM_CUT'])
  })

  it('needs a sign-in', async () => {
    const { openSession, emulator } = await client()
    const fetch = createOpenAIFetch(openSession({ store: createMemoryStore() }))
    const init = { method: 'POST', body: JSON.stringify(body) }
    const response = await fetch(`https://api.openai.com/v1${path}`, init)
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({
      error: { type: 'authentication_error', code: 'ERR_SIGN_IN_REQUIRED' },
    })
    expect(emulator.log).toEqual([])
  })
})

describe('an error', () => {
  it.each(Object.keys(errorTable) as ErrorCode[])(
    'has a status that fits, and no retry that is of no use: %s',
    (code) => {
      const error = new AuthError(code, 'It failed.')
      const { status, headers } = toErrorAnswer(error)
      expect([400, 401, 403, 404, 429, 500, 502, 503, 504]).toContain(status)
      expect(headers.get('x-planpass-code')).toBe(code)
      expect(status === 401).toBe(error.remedy === 'sign-in' || code === 'ERR_TOKEN_EXPIRED')
      expect(headers.get('x-should-retry') === 'false' || error.retryable).toBe(true)
    },
  )

  it('comes in time when the backend never answers', async () => {
    const { openSession, emulator } = await signedIn()
    const silent: Fetch = (input, init) =>
      typeof input === 'string' && input.endsWith('/responses')
        ? new Promise((_, reject) => {
            init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error))
          })
        : emulator.fetch(input, init)
    const fetch = createOpenAIFetch(openSession({ fetch: silent }), { timeouts: { firstEventMs: 1 } })
    const init = { method: 'POST', body: JSON.stringify(asks['a response'].body) }
    const response = await fetch('https://api.openai.com/v1/responses', init)
    expect([response.status, response.headers.get('x-planpass-code')]).toEqual([504, 'ERR_NETWORK_TIMEOUT'])
  })

  it('says when to come back', async () => {
    const { post, emulator } = await client()
    emulator.scenario.usageLimit = { resetsInSeconds: 3600 }
    const { headers } = await post('/responses', asks['a response'].body)
    expect([headers.get('retry-after'), headers.get('retry-after-ms')]).toEqual(['3600', '3600000'])
  })

  it('names the request for the support of the service', async () => {
    const id = 'req_0123456789abcdef0123456789abcdef'
    const { post } = await client({ status: 500, headers: { 'x-request-id': id } })
    expect((await post('/responses', asks['a response'].body)).headers.get('x-request-id')).toBe(id)
  })

  it('in the models is one of the public API, too', async () => {
    const { openSession } = await client()
    const fetch = createOpenAIFetch(openSession({ store: createMemoryStore() }))
    const response = await fetch('https://api.openai.com/v1/models')
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: { type: 'authentication_error' } })
  })

  it('that is a bug is not hidden', async () => {
    const { session } = await client()
    const bug = new RangeError('a bug')
    const broken = { ...session, fetch: () => Promise.reject(bug) }
    const fetch = createOpenAIFetch(broken)
    const init = { method: 'POST', body: JSON.stringify(asks['a response'].body) }
    expect(await caught(fetch('https://api.openai.com/v1/responses', init))).toBe(bug)
  })
})

describe('a stream', () => {
  /** A backend whose answer never ends, and whether anybody still listens to it. */
  async function endless() {
    let leave: () => void = () => undefined
    const gone = new Promise<'gone'>((resolve) => {
      leave = () => resolve('gone')
    })
    const { openSession, emulator } = await signedIn()
    const answer: Fetch = (input, init) => {
      if (typeof input !== 'string' || !input.endsWith('/responses')) return emulator.fetch(input, init)
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new TextEncoder().encode(events(created, delta))),
        cancel: () => leave(),
      })
      return Promise.resolve(new Response(body))
    }
    return { fetch: createOpenAIFetch(openSession({ fetch: answer })), gone }
  }

  it.each(everyAsk.filter(([, , { stream }]) => stream))(
    'lets go of the backend when its reader leaves: %s',
    async (_, path, body) => {
      const { fetch, gone } = await endless()
      const response = await fetch(`https://api.openai.com/v1${path}`, { method: 'POST', body: JSON.stringify(body) })
      const reader = response.body!.getReader()
      await reader.read()
      await reader.cancel()
      expect(await gone).toBe('gone')
    },
  )

  it.each(everyAsk.filter(([, , { stream }]) => stream))(
    'lets go of it when nobody ever read: %s',
    async (_, path, body) => {
      const { fetch, gone } = await endless()
      const response = await fetch(`https://api.openai.com/v1${path}`, { method: 'POST', body: JSON.stringify(body) })
      await response.body?.cancel()
      expect(await gone).toBe('gone')
    },
  )

  it('reports a failure in its middle as what it is', async () => {
    const { post } = await client({ status: 200, body: events(created, delta, failed('server_error')) })
    const response = await post('/responses', { ...asks['a response'].body, stream: true })
    expect(codeOf(await caught(response.text()))).toBe('ERR_UPSTREAM_RESPONSE_FAILED')
  })
})
