import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createOpenAIFetch } from '../../src/backend/openai-fetch.js'
import type { JsonObject } from '../../src/core/index.js'
import { signedIn } from '../support/signed-in.js'

const text = fc.oneof(fc.constantFrom('', 'Hello', 'call_1', 'rs_1'), fc.string({ maxLength: 100 }))
const odd = fc.jsonValue({ maxDepth: 2 })

const part = fc.oneof(
  fc.record({ type: fc.constant('text'), text }),
  fc.record({ type: fc.constant('image_url'), image_url: fc.oneof(text, fc.record({ url: text, detail: text }), odd) }),
  fc.record({ type: fc.constantFrom('file', 'input_audio', 'refusal', 'new'), file: odd, refusal: text }),
)
const call = fc.record(
  {
    id: text,
    type: fc.constantFrom('function', 'custom'),
    function: fc.record({ name: text, arguments: text }),
    custom: fc.record({ name: text, input: text }),
  },
  { requiredKeys: ['type'] },
)
const message = fc.record(
  {
    role: fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool', 'function'),
    content: fc.oneof(text, fc.array(part, { maxLength: 3 }), fc.constant(null)),
    name: text,
    tool_calls: fc.array(call, { maxLength: 3 }),
    tool_call_id: text,
    function_call: fc.oneof(fc.record({ name: text, arguments: text }), odd),
    refusal: fc.oneof(text, fc.constant(null)),
    audio: odd,
  },
  { requiredKeys: ['role', 'content'] },
)
const chats = fc.record(
  {
    model: fc.constant('gpt-5.5'),
    messages: fc.oneof({ weight: 9, arbitrary: fc.array(message, { maxLength: 8 }) }, { weight: 1, arbitrary: odd }),
    tools: fc.oneof(fc.array(fc.record({ type: text, function: odd, custom: odd })), odd),
    tool_choice: odd,
    functions: odd,
    response_format: fc.constantFrom(null, { type: 'text' }, { type: 'json_object' }, { type: 'x' }),
    stream_options: odd,
    reasoning: odd,
    reasoning_effort: odd,
    text: odd,
    stream: fc.boolean(),
    temperature: odd,
    n: fc.constantFrom(1, 2),
  },
  { requiredKeys: ['model', 'messages'] },
)

/** As clients write them. */
const plainMessage = fc.oneof(
  fc.record({
    role: fc.constantFrom('system', 'developer', 'user', 'assistant'),
    content: fc.oneof(text, fc.array(fc.record({ type: fc.constant('text'), text }), { maxLength: 3 })),
  }),
  fc.record({
    role: fc.constant('assistant'),
    content: fc.constant(null),
    tool_calls: fc.array(fc.record({ id: text, function: fc.record({ name: text, arguments: text }) }), {
      maxLength: 3,
    }),
  }),
  fc.record({ role: fc.constant('tool'), tool_call_id: text, content: text }),
)
const plainChats = fc.record(
  {
    model: fc.constant('gpt-5.5'),
    messages: fc.array(plainMessage, { maxLength: 8 }),
    tools: fc.array(fc.record({ type: fc.constant('function'), function: fc.record({ name: text, parameters: odd }) })),
    stream: fc.boolean(),
    temperature: odd,
    max_tokens: odd,
    metadata: odd,
  },
  { requiredKeys: ['model', 'messages'] },
)

const deep = `{"model":"gpt-5.5","input":[],"messages":[],"tools":${'['.repeat(100_000)}${']'.repeat(100_000)}}`

const bodies = fc.oneof(
  { weight: 4, arbitrary: plainChats.map((chat) => JSON.stringify(chat)) },
  { weight: 4, arbitrary: chats.map((chat) => JSON.stringify(chat)) },
  { weight: 2, arbitrary: fc.jsonValue().map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.constantFrom(deep, '{', '', 'null', '[]') },
)

describe('any body at all', () => {
  it.each([
    ['/responses', 0],
    ['/chat/completions', 50],
  ])('is answered, or refused before it is sent: %s', async (path, leastAnswered) => {
    const { session, emulator } = await signedIn()
    const client = createOpenAIFetch(session)
    const statuses = new Map<number, number>()
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        emulator.clearLog()
        const response = await client(`https://api.openai.com/v1${path}`, { method: 'POST', body })
        const answer = await response.text()
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
        const { error } = response.ok ? {} : (JSON.parse(answer) as { error?: JsonObject })
        const isSent = emulator.log.length > 0
        expect({ status: response.status, isSent, type: error?.['type'], answer }).toEqual(
          response.ok
            ? { status: 200, isSent: true, type: undefined, answer }
            : { status: 400, isSent: false, type: 'invalid_request_error', answer },
        )
      }),
      { numRuns: 500 },
    )
    expect(statuses.get(400)).toBeGreaterThan(50)
    expect(statuses.get(200) ?? 0).toBeGreaterThanOrEqual(leastAnswered)
  })
})
