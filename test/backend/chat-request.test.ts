import { describe, expect, it } from 'vitest'
import { toResponsesRequest } from '../../src/backend/chat-request.js'
import { normaliseRequest } from '../../src/backend/normalise-request.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'

const user = { role: 'user', content: 'Hello' }
const translate = (messages: unknown[], more: object = {}) =>
  toResponsesRequest({ model: 'gpt-5.5', messages, ...more })
const itemsOf = (...messages: unknown[]) => translate(messages).body['input']

describe('a message', () => {
  it.each(['system', 'developer', 'user'])('of the %s becomes one of the same role', (role) => {
    expect(itemsOf({ role, content: 'Hello' })).toEqual([
      { type: 'message', role, content: [{ type: 'input_text', text: 'Hello' }] },
    ])
  })

  it.each<[object, object]>([
    [
      { type: 'text', text: 'a' },
      { type: 'input_text', text: 'a' },
    ],
    [
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AA', detail: 'high' } },
      { type: 'input_image', image_url: 'data:image/png;base64,AA', detail: 'high' },
    ],
    [
      { type: 'image_url', image_url: 'https://a/b.png' },
      { type: 'input_image', image_url: 'https://a/b.png' },
    ],
    [
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:x' } },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:x' },
    ],
    [
      { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
      { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
    ],
  ])('keeps its part %j', (part, translated) => {
    expect(itemsOf({ role: 'user', content: [part] })).toEqual([
      { type: 'message', role: 'user', content: [translated] },
    ])
  })

  it('of the assistant may say, refuse and call, in this order', () => {
    const calls = [
      { id: 'a', type: 'function', function: { name: 'look', arguments: '{}' } },
      { id: 'b', type: 'custom', custom: { name: 'run', input: 'ls' } },
    ]
    expect(itemsOf({ role: 'assistant', content: 'Well', refusal: 'No.', tool_calls: calls })).toEqual([
      {
        type: 'message',
        role: 'assistant',
        content: [
          { type: 'output_text', text: 'Well' },
          { type: 'refusal', refusal: 'No.' },
        ],
      },
      { type: 'function_call', call_id: 'a', name: 'look', arguments: '{}' },
      { type: 'custom_tool_call', call_id: 'b', name: 'run', input: 'ls' },
    ])
  })

  it.each([null, '', undefined])('of the assistant that only calls says nothing: %j', (content) => {
    const call = { id: 'a', type: 'function', function: { name: 'look', arguments: '{}' } }
    expect(itemsOf({ role: 'assistant', content, tool_calls: [call] })).toEqual([
      { type: 'function_call', call_id: 'a', name: 'look', arguments: '{}' },
    ])
  })

  it('of a tool becomes the output of that kind of call', () => {
    const call = { id: 'b', type: 'custom', custom: { name: 'run', input: 'ls' } }
    const parts = [
      { type: 'text', text: 'x' },
      { type: 'text', text: 'y' },
    ]
    expect(
      itemsOf(
        { role: 'assistant', tool_calls: [call] },
        { role: 'tool', tool_call_id: 'b', content: parts },
        { role: 'tool', tool_call_id: 'c', content: '' },
      ),
    ).toMatchObject([
      { type: 'custom_tool_call' },
      { type: 'custom_tool_call_output', call_id: 'b', output: 'xy' },
      { type: 'function_call_output', call_id: 'c', output: '' },
    ])
  })

  it('in the older spelling pairs an answer with the last call', () => {
    const call = { role: 'assistant', content: null, function_call: { name: 'look', arguments: '{}' } }
    const output = { role: 'function', name: 'look', content: 'seen' }
    const items = itemsOf(call, output, call, output) as { call_id: string }[]
    expect(items.map((item) => item.call_id)).toEqual([1, 1, 2, 2].map((number) => `call_function_${number}`))
  })

  it('loses what has no place in the backend, and this is reported', () => {
    const { body, report } = translate([{ ...user, name: 'Ada', tool_calls: null }])
    expect(body['input']).toEqual([{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }])
    expect(report.dropped.map(({ path }) => path)).toEqual(['messages[0].name'])
  })

  it('loses nothing unsaid of its parts and calls either', () => {
    const cached = { cache_control: { type: 'ephemeral' } }
    const parts = [
      { type: 'text', text: 'a', ...cached },
      { type: 'image_url', image_url: { url: 'https://a/b.png', quality: 1 } },
    ]
    const call = { id: 'a', type: 'function', index: 0, function: { name: 'look', arguments: '{}', parsed: {} } }
    const { report } = translate([
      { role: 'user', content: parts },
      { role: 'assistant', tool_calls: [call] },
    ])
    expect(report.dropped.map(({ path }) => path)).toEqual([
      'messages[0].content[0].cache_control',
      'messages[0].content[1].image_url.quality',
      'messages[1].tool_calls[0].index',
      'messages[1].tool_calls[0].function.parsed',
    ])
  })

  it.each<[string, unknown]>([
    ['messages', undefined],
    ['messages', 'Hello'],
    ['messages[0]', ['Hello']],
    ['messages[0].role', [{ content: 'Hello' }]],
    ['messages[0].role', [{ role: '__proto__', content: 'Hello' }]],
    ['messages[0].content', [{ role: 'user', content: 1 }]],
    ['messages[0].tool_calls[0].id', [{ role: 'assistant', tool_calls: [{ function: {} }] }]],
    ['messages[0].tool_call_id', [{ role: 'tool', content: 'x' }]],
    ['messages[0]', [{ role: 'function', content: 'x' }]],
  ])('that is none is refused: %s of %j', async (field, messages) => {
    const error = await caughtAuthError(() => toResponsesRequest({ model: 'm', messages }))
    expect(error).toMatchObject({ code: 'ERR_UPSTREAM_BAD_REQUEST', field })
  })

  it('with a part that nobody knows is refused', async () => {
    const error = await caughtAuthError(() => translate([user, { role: 'user', content: [{ type: 'hologram' }] }]))
    expect(error).toMatchObject({ code: 'ERR_UPSTREAM_UNSUPPORTED_FIELD', field: 'messages[1].content[0].type' })
  })
})

describe('tools', () => {
  const look = { name: 'look', description: 'Looks.', parameters: { type: 'object', properties: { at: {} } } }
  const grammar = { syntax: 'lark', definition: 'start: "a"' }

  it.each<[object, object]>([
    [
      { type: 'function', function: look },
      { type: 'function', ...look, strict: false },
    ],
    [
      { type: 'function', function: { ...look, strict: true } },
      { type: 'function', ...look, strict: true },
    ],
    [
      { type: 'function', function: { name: 'look' } },
      { type: 'function', name: 'look', parameters: { type: 'object', properties: {} }, strict: false },
    ],
    [
      { type: 'custom', custom: { name: 'run', format: { type: 'grammar', grammar } } },
      { type: 'custom', name: 'run', format: { type: 'grammar', ...grammar } },
    ],
    [
      { type: 'custom', custom: { name: 'run', format: { type: 'text' } } },
      { type: 'custom', name: 'run', format: { type: 'text' } },
    ],
    [{ type: 'web_search' }, { type: 'web_search' }],
  ])('are spelled anew: %j', (tool, translated) => {
    expect(translate([user], { tools: [tool] }).body['tools']).toEqual([translated])
  })

  it('lose nothing unsaid', () => {
    const tool = { type: 'function', function: look, cache_control: { type: 'ephemeral' } }
    const { report } = translate([user], { tools: [tool, { type: 'web_search', filters: {} }] })
    expect(report.dropped.map(({ path }) => path)).toEqual(['tools[0].cache_control'])
  })

  it.each<[object, object]>([
    [{}, {}],
    [{ search_context_size: 'low', user_location: null }, { search_context_size: 'low' }],
    [
      { user_location: { type: 'approximate', approximate: { country: 'DE', city: 'Ulm' } } },
      { user_location: { type: 'approximate', country: 'DE', city: 'Ulm' } },
    ],
  ])('are joined by a search of the web, which has options of its own here: %j', (options, told) => {
    const { body } = translate([user], { tools: [{ type: 'custom', name: 'x' }], web_search_options: options })
    expect(body['tools']).toEqual([
      { type: 'custom', name: 'x' },
      { type: 'web_search', ...told },
    ])
    expect(body).not.toHaveProperty('web_search_options')
  })

  it('cannot be joined by what is no set of options', async () => {
    expect(await caughtCode(() => translate([user], { web_search_options: true }))).toBe('ERR_UPSTREAM_BAD_REQUEST')
  })

  it('may come as functions', () => {
    const { body } = translate([user], { functions: [look], function_call: { name: 'look' } })
    expect(body).toMatchObject({
      tools: [{ type: 'function', ...look, strict: false }],
      tool_choice: { type: 'function', name: 'look' },
    })
  })

  it.each<[unknown, unknown]>([
    ['auto', 'auto'],
    ['none', 'none'],
    ['required', 'required'],
    [
      { type: 'function', function: { name: 'look' } },
      { type: 'function', name: 'look' },
    ],
    [
      { type: 'custom', custom: { name: 'run' } },
      { type: 'custom', name: 'run' },
    ],
    [
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'look' } }] },
      },
      { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'look' }] },
    ],
  ])('are chosen as they were: %j', (choice, translated) => {
    expect(translate([user], { tool_choice: choice }).body['tool_choice']).toEqual(translated)
  })
})

describe('the form of the answer', () => {
  it.each<[object, object | undefined]>([
    [{ type: 'text' }, { format: { type: 'text' } }],
    [{ type: 'json_object' }, { format: { type: 'json_object' } }],
    [
      { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' }, strict: true } },
      { format: { type: 'json_schema', name: 'x', schema: { type: 'object' }, strict: true } },
    ],
  ])('is %j', (format, text) => {
    expect(translate([user], { response_format: format }).body['text']).toEqual(text)
  })

  it.each([{ type: 'grammar' }, { type: 'json_schema' }, 'json'])('is refused as %j', async (format) => {
    expect(await caughtCode(() => translate([user], { response_format: format }))).toBe(
      'ERR_UPSTREAM_UNSUPPORTED_FIELD',
    )
  })

  it('keeps effort and verbosity', () => {
    expect(translate([user], { reasoning_effort: 'low', verbosity: 'high' }).body).toMatchObject({
      reasoning: { effort: 'low' },
      text: { verbosity: 'high' },
    })
  })

  it('remembers whether the counts are wanted, and asks the backend for nothing of the kind', () => {
    const { body, includesUsage } = translate([user], { stream: true, stream_options: { include_usage: true } })
    expect(includesUsage).toBe(true)
    expect(body['stream_options']).toBeUndefined()
    expect(translate([user]).includesUsage).toBe(false)
  })
})

describe('a whole request', () => {
  it('passes the normaliser, which judges its other fields by their own names', async () => {
    const { body } = translate([{ role: 'system', content: 'Be brief.' }, user], {
      temperature: 0,
      max_completion_tokens: 5,
      max_tokens: 5,
      user: 'u',
      metadata: {},
      service_tier: 'priority',
      parallel_tool_calls: false,
      stop: null,
      n: 1,
      input: 'stray',
    })
    const normalised = await normaliseRequest(body)
    expect(normalised.body).toEqual({
      model: 'gpt-5.5',
      instructions: 'Be brief.',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
      service_tier: 'priority',
      parallel_tool_calls: false,
      include: ['reasoning.encrypted_content'],
      store: false,
      stream: true,
      prompt_cache_key: normalised.conversationId,
    })
    expect(new Set(normalised.report.dropped.map(({ path }) => path))).toEqual(
      new Set(['temperature', 'max_completion_tokens', 'max_tokens', 'user', 'metadata', 'stop', 'n']),
    )
  })

  it.each([{ n: 2 }, { stop: 'END' }, { logprobs: true }, { modalities: ['audio'] }])(
    'is refused there when its answer would be wrong: %j',
    async (more) => {
      expect(await caughtCode(normaliseRequest(translate([user], more).body))).toBe('ERR_UPSTREAM_UNSUPPORTED_FIELD')
    },
  )

  it('is never changed', () => {
    const request = { model: 'm', messages: [user], response_format: { type: 'json_object' } }
    const before = structuredClone(request)
    toResponsesRequest(request)
    expect(request).toEqual(before)
  })
})
