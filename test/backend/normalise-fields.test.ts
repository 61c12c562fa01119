import { describe, expect, it } from 'vitest'
import { isAuthError } from '../../src/core/index.js'
import { normaliseRequest, type NormaliseContext } from '../../src/backend/normalise-request.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'

const plain = { model: 'gpt-5.5', instructions: 'Be brief.', input: [{ role: 'user', content: 'Hello' }] }
const normalise = (more: object, context?: NormaliseContext) => normaliseRequest({ ...plain, ...more }, context)

describe('a request', () => {
  it('is sent as the backend wants it, whatever its caller said of that', async () => {
    const { body, report } = await normalise({ store: true, stream: false, include: ['x'] })
    expect(body).toMatchObject({ store: false, stream: true, include: ['x', 'reasoning.encrypted_content'] })
    expect(report.changed.map(({ path }) => path)).toEqual(['store', 'stream'])
    expect(report.dropped).toEqual([])
  })

  it('keeps everything that the backend takes, byte for byte', async () => {
    const fields = {
      tools: [{ type: 'function', name: 'look', parameters: { constructor: 1, id: 'rs_1' } }],
      tool_choice: { type: 'function', name: 'look' },
      parallel_tool_calls: false,
      reasoning: { effort: 'low', summary: 'auto' },
      text: { verbosity: 'low', format: { type: 'json_schema', name: 'x', schema: {} } },
      service_tier: 'priority',
      client_metadata: { a: 'b' },
    }
    const { body, report } = await normalise(fields)
    expect(JSON.parse(JSON.stringify(body))).toMatchObject(fields)
    expect(report).toMatchObject({ dropped: [], changed: [] })
  })

  it('needs no report for what its caller said nothing about', async () => {
    expect((await normalise({})).report).toMatchObject({ dropped: [], changed: [] })
  })

  it('may be given as text', async () => {
    expect((await normaliseRequest(JSON.stringify(plain))).body).toEqual((await normaliseRequest(plain)).body)
  })
})

describe('a field that the backend does not take', () => {
  const harmless = {
    temperature: 0,
    top_p: 1,
    seed: 7,
    presence_penalty: 1,
    max_output_tokens: 5,
    max_tokens: 5,
    max_completion_tokens: 5,
    max_tool_calls: 2,
    metadata: { a: 'b' },
    user: 'u',
    safety_identifier: 's',
    truncation: 'auto',
    prompt_cache_retention: '24h',
    prediction: {},
    brand_new: true,
    'odd name': 1,
    previous_response_id: null,
    background: false,
    n: 1,
    stop: [],
    logprobs: false,
    top_logprobs: 0,
    modalities: ['text'],
    tools: null,
  }

  it.each(Object.entries(harmless))('is left out and reported: %s = %j', async (name, value) => {
    const { body, report } = await normalise({ [name]: value })
    expect(body).not.toHaveProperty([name])
    expect(report.dropped).toEqual([
      { path: name === 'odd name' ? '["odd name"]' : name, reason: expect.stringMatching(/^[A-Z].+\.$/) },
    ])
  })

  it.each([
    ['previous_response_id', 'resp_1'],
    ['conversation', { id: 'conv_1' }],
    ['prompt', { id: 'pmpt_1' }],
    ['background', true],
    ['n', 2],
    ['stop', ['END']],
    ['logit_bias', { 50256: -100 }],
    ['logprobs', true],
    ['top_logprobs', 3],
    ['modalities', ['text', 'audio']],
    ['messages', [{ role: 'user', content: 'Hello' }]],
    ['functions', [{ name: 'look' }]],
    ['function_call', 'auto'],
    ['response_format', { type: 'json_object' }],
    ['web_search_options', { search_context_size: 'low' }],
    ['include', ['message.output_text.logprobs']],
  ])('refuses the request when the answer would be wrong without it: %s = %j', async (name, value) => {
    const error = await caughtAuthError(normalise({ [name]: value }))
    expect(error).toMatchObject({ code: 'ERR_UPSTREAM_UNSUPPORTED_FIELD', field: name, retryable: false })
    expect(error.message).toContain(name)
  })

  it('cannot pollute what it is put into', async () => {
    const { body, report } = await normaliseRequest(
      `{"__proto__":{"polluted":1},"constructor":{},"toString":1,${JSON.stringify(plain).slice(1)}`,
    )
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype)
    expect(body).not.toHaveProperty('polluted')
    expect(report.dropped.map(({ path }) => path)).toEqual(['__proto__', 'constructor', 'toString'])
  })
})

describe('instructions', () => {
  it.each([{}, { instructions: '' }, { instructions: ' ' }, { instructions: null }])(
    'are a default that the caller is told of, for %j',
    async (given) => {
      const { body, report } = await normaliseRequest({ model: 'm', input: 'Hello', ...given })
      expect(body['instructions']).toBe('You are a helpful assistant.')
      expect(report.changed.map(({ path }) => path)).toContain('instructions')
    },
  )

  it('are by default what the caller configured', async () => {
    const { body } = await normalise({ instructions: '' }, { instructions: 'Rhyme.' })
    expect(body['instructions']).toBe('Rhyme.')
    expect((await normalise({}, { instructions: 'Rhyme.' })).body['instructions']).toBe('Be brief.')
  })
})

describe('the conversation of a request', () => {
  it.each<[string, object, NormaliseContext, string]>([
    ['the option', { prompt_cache_key: 'key' }, { conversationId: 'option' }, 'option'],
    ['its cache key', { prompt_cache_key: 'key' }, {}, 'key'],
  ])('is named by %s', async (_, more, context, id) => {
    const { body, conversationId } = await normalise(more, context)
    expect([body['prompt_cache_key'], conversationId]).toEqual([id, id])
  })

  it('is the same in every turn, and another one for another opening', async () => {
    const answer = { role: 'assistant', content: 'Hi' }
    const { conversationId: first } = await normalise({})
    const { conversationId: second } = await normalise({ input: [...plain.input, answer, ...plain.input] })
    const { conversationId: other } = await normalise({ input: 'Something else' })
    expect(second).toBe(first)
    expect(other).not.toBe(first)
  })

  it('is reported when its name had to be changed', async () => {
    const { report } = await normalise({ prompt_cache_key: 'größe' })
    expect(report.changed.map(({ path }) => path)).toEqual(['prompt_cache_key'])
  })
})

describe('what is no request', () => {
  const cyclic: Record<string, unknown> = { ...plain }
  cyclic['self'] = cyclic
  const deep = (): unknown => {
    let value: unknown = 1
    for (let depth = 0; depth < 100_000; depth += 1) value = [value]
    return { ...plain, text: value }
  }
  const isWritable = (value: unknown) => {
    try {
      return JSON.stringify(value) !== undefined
    } catch {
      return false
    }
  }
  const hostile = {
    toJSON() {
      throw new Error('secret')
    },
  }

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['a number', 1],
    ['a function', () => plain],
    ['text that is not JSON', '{"model":'],
    ['an empty text', ''],
    ['something that refers to itself', cyclic],
    ['a number that JSON does not know', { ...plain, seed: 1n }],
    ['something that will not be read', hostile],
    ['something too large', `{"input":"${'x'.repeat(64 * 1024 * 1024)}"}`],
    ['no model', { input: 'Hello' }],
    ['an empty model', { model: '', input: 'Hello' }],
    ['no input', { model: 'm' }],
    ['an input that is a number', { model: 'm', input: 1 }],
    ['an item that is a text', { model: 'm', input: ['Hello'] }],
    ['an item without a type', { model: 'm', input: [{ content: 'Hello' }] }],
    ['instructions that are a list', { model: 'm', input: 'Hello', instructions: [] }],
    ['an include that is a text', { ...plain, include: 'x' }],
    ['a cache key that is a number', { ...plain, prompt_cache_key: 1 }],
  ])('is refused: %s', async (_, body) => {
    expect(await caughtCode(normaliseRequest(body))).toBe('ERR_UPSTREAM_BAD_REQUEST')
  })

  it('is refused where the engine cannot write it, being too deep, and goes as it is where it can', async () => {
    const code = await normaliseRequest(deep()).then(
      () => 'written',
      (error: unknown) => isAuthError(error) && error.code,
    )
    expect(code).toBe(isWritable(deep()) ? 'written' : 'ERR_UPSTREAM_BAD_REQUEST')
  })

  it('is not quoted', async () => {
    expect((await caughtAuthError(normaliseRequest('{"token": sk-secret'))).message).not.toContain('secret')
    expect((await caughtAuthError(normaliseRequest(hostile))).message).not.toContain('secret')
  })
})
