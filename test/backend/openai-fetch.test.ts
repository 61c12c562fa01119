import { describe, expect, it } from 'vitest'
import type { OpenAIFetchOptions } from '../../src/backend/openai-fetch.js'
import { readString, type JsonObject } from '../../src/core/index.js'
import type { Prompt } from '../../src/testing/index.js'
import { caught } from '../support/caught.js'
import { base, client, json, type Sent } from './openai-client.js'

const question = { model: 'gpt-5.5', input: 'Hello' }
const chatQuestion = { model: 'gpt-5.5', messages: [{ role: 'user', content: 'Hello' }] }

function eventsIn(stream: string): JsonObject[] {
  return stream
    .split('\n\n')
    .map((block) => /^data: (\{.*)$/m.exec(block)?.[1])
    .filter((data) => data !== undefined)
    .map((data) => JSON.parse(data) as JsonObject)
}

describe('a response', () => {
  it('is whole for those who do not stream', async () => {
    const { post } = await client()
    const response = await post('/responses', question)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await json(response)).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'gpt-5.5',
      output: [{ type: 'message', content: [{ type: 'output_text', text: 'You said: Hello' }] }],
      usage: { input_tokens: expect.any(Number) },
    })
  })

  it('is a stream for those who do', async () => {
    const { post } = await client()
    const response = await post('/responses', { ...question, stream: true })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const events = eventsIn(await response.text())
    expect(events[0]?.['type']).toBe('response.created')
    expect(events.at(-1)?.['type']).toBe('response.completed')
    expect(events.map((event) => readString(event, 'delta') ?? '').join('')).toBe('You said: Hello')
  })

  it('is a stream that the public API’s own clients understand: its events alone, and a last one with everything', async () => {
    const { post, answers } = await client()
    answers({ type: 'reasoning', summary: 'Hm.' }, { type: 'text', text: 'Hi' })
    const events = eventsIn(await (await post('/responses', { ...question, stream: true })).text())
    expect(events.filter((event) => !readString(event, 'type')?.startsWith('response.'))).toEqual([])
    expect(events.at(-1)).toMatchObject({
      response: { status: 'completed', output: [{ type: 'reasoning' }, { content: [{ text: 'Hi' }] }] },
    })
  })

  it('may call tools, over several steps', async () => {
    const { post, emulator } = await client()
    const longId = `call_${'x'.repeat(64)}`
    emulator.scenario.answers = [
      {
        when: ({ toolOutputs }: Prompt) => toolOutputs.length === 0,
        answer: {
          items: [
            { type: 'reasoning', summary: 'I look.' },
            { type: 'function_call', name: 'look', arguments: { at: 'it' }, callId: longId },
          ],
        },
      },
      {
        answer: ({ toolOutputs }: Prompt) => ({
          items: [{ type: 'text', text: `It is ${String(toolOutputs[0]?.output)}.` }],
        }),
      },
    ]
    const tools = [{ type: 'function', name: 'look', parameters: {} }]
    const first = await json(await post('/responses', { ...question, tools }))
    expect(first['output']).toMatchObject([{ type: 'reasoning' }, { type: 'function_call', call_id: longId }])
    const output = { type: 'function_call_output', call_id: longId, output: 'green' }
    const input = [{ role: 'user', content: 'Hello' }, ...(first['output'] as JsonObject[]), output]
    const second = await json(await post('/responses', { ...question, tools, input }))
    expect(second['output']).toMatchObject([{ content: [{ text: 'It is green.' }] }])
  })

  it('carries pictures, files and the wanted form as they are', async () => {
    const { post, sent } = await client()
    const content = [
      { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'low' },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' },
    ]
    const text = { format: { type: 'json_schema', name: 'x', schema: { type: 'object' }, strict: true } }
    const response = await post('/responses', { ...question, input: [{ role: 'user', content }], text })
    expect(response.status).toBe(200)
    expect(sent[0]?.body).toMatchObject({ input: [{ role: 'user', content }], text })
  })

  it('says what was left out of its request', async () => {
    const { post } = await client()
    const input = [
      { id: 'msg_1', role: 'user', content: 'a' },
      { id: 'msg_2', role: 'user', content: 'b' },
    ]
    const response = await post('/responses', { ...question, input, temperature: 0, 'größe\n': 1 })
    expect(response.headers.get('x-planpass-dropped')).toBe('temperature, ["gr%C3%B6%C3%9Fe\\n"], input[].id')
    expect((await post('/responses', question)).headers.has('x-planpass-dropped')).toBe(false)
  })

  it('keeps the limits of the plan and the id of the request, and nothing else of the backend’s headers', async () => {
    const { post, emulator } = await client()
    emulator.faults.add({ endpoint: 'responses', headers: { 'set-cookie': 'a=b', 'x-internal': 'c' } })
    const { headers } = await post('/responses', question)
    expect(headers.get('x-codex-primary-used-percent')).toBe('20')
    expect(headers.get('x-request-id')).toMatch(/^req_/)
    expect(headers.get('cache-control')).toBe('no-store')
    expect([headers.has('set-cookie'), headers.has('x-internal')]).toEqual([false, false])
  })
})

describe('a chat completion', () => {
  it('is whole for those who do not stream', async () => {
    const { post } = await client()
    expect(await json(await post('/chat/completions', chatQuestion))).toMatchObject({
      object: 'chat.completion',
      model: 'gpt-5.5',
      choices: [{ message: { role: 'assistant', content: 'You said: Hello' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: expect.any(Number) },
    })
  })

  it('is a stream for those who do, with its counts when they are wanted', async () => {
    const { post } = await client()
    const options = { stream: true, stream_options: { include_usage: true } }
    const text = await (await post('/chat/completions', { ...chatQuestion, ...options })).text()
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    const chunks = eventsIn(text) as { choices: { delta: { content?: string } }[]; usage?: unknown }[]
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('You said: Hello')
    expect(chunks.at(-1)?.usage).toMatchObject({ total_tokens: expect.any(Number) })
  })

  it('calls tools and hears their answers', async () => {
    const { post, emulator } = await client()
    emulator.scenario.answers = [
      {
        when: ({ toolOutputs }: Prompt) => toolOutputs.length === 0,
        answer: { items: [{ type: 'function_call', name: 'look', arguments: { at: 'it' }, callId: 'c' }] },
      },
      { answer: ({ toolOutputs }: Prompt) => ({ items: [{ type: 'text', text: String(toolOutputs[0]?.output) }] }) },
    ]
    const tools = [{ type: 'function', function: { name: 'look', parameters: {} } }]
    const first = await json(await post('/chat/completions', { ...chatQuestion, tools }))
    const [choice] = first['choices'] as { message: object; finish_reason: string }[]
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { tool_calls: [{ id: 'c' }] } })
    const messages = [...chatQuestion.messages, choice?.message, { role: 'tool', tool_call_id: 'c', content: 'green' }]
    expect(await json(await post('/chat/completions', { ...chatQuestion, messages, tools }))).toMatchObject({
      choices: [{ message: { content: 'green' } }],
    })
  })

  it('lists what was left out by the names its caller used, and nothing he did not say', async () => {
    const { post } = await client()
    const messages = [{ role: 'user', content: 'Hello', name: 'Ada' }]
    const response = await post('/chat/completions', { ...chatQuestion, messages, max_tokens: 5 })
    expect(response.headers.get('x-planpass-dropped')).toBe('messages[].name, max_tokens')
  })
})

describe('models', () => {
  it('are listed as the public API lists them', async () => {
    const { fetch } = await client()
    const list = await json(await fetch(`${base}/models`))
    expect(list).toMatchObject({ object: 'list', data: [{ object: 'model', owned_by: 'openai' }, {}, {}] })
  })

  it('are found by their ids', async () => {
    const { fetch } = await client()
    expect(await json(await fetch(`${base}/models/gpt-5.5`))).toMatchObject({ id: 'gpt-5.5', object: 'model' })
  })

  it.each(['gpt-1', '%E0%A4%A'])('that are not there are not found: %s', async (id) => {
    const { fetch } = await client()
    const response = await fetch(`${base}/models/${id}`)
    expect(response.status).toBe(404)
    expect(await json(response)).toMatchObject({ error: { code: 'model_not_found' } })
  })
})

describe('a request', () => {
  it('reaches the backend alone, whatever the base URL, and signed by the session alone', async () => {
    const { fetch, emulator, credential, sent } = await client()
    const response = await fetch(new Request('https://proxy.example/openai/v9/responses'), {
      method: 'POST',
      headers: {
        authorization: 'Bearer sk-of-the-client',
        cookie: 'a=b',
        'chatgpt-account-id': 'somebody-else',
        'openai-organization': 'org',
        'x-client-request-id': 'mine',
        'x-codex-turn-metadata': '{}',
      },
      body: JSON.stringify(question),
    })
    expect(response.status).toBe(200)
    expect(emulator.log).toHaveLength(1)
    const headers = sent[0]?.headers
    expect(headers?.get('authorization')).toBe(`Bearer ${credential.accessToken.reveal()}`)
    expect(headers?.get('chatgpt-account-id')).toBe(credential.accountId)
    expect(headers?.get('x-client-request-id')).toBe('mine')
    for (const name of ['cookie', 'openai-organization', 'x-codex-turn-metadata']) {
      expect([name, headers?.get(name)]).toEqual([name, null])
    }
  })

  it.each([
    ['POST', '/embeddings', 404],
    ['POST', '/responses/compact', 404],
    ['GET', '/responses/resp_1', 404],
    ['POST', '/completions', 404],
    ['POST', '/images/generations', 404],
    ['GET', '/models/a/b', 404],
    ['GET', '/', 404],
    ['GET', '/responses', 405],
    ['DELETE', '/models/gpt-5.5', 405],
    ['POST', '/models', 405],
    ['GET', '/chat/completions', 405],
  ])('for anything else touches no network: %s %s is answered %i', async (method, path, status) => {
    const { fetch, emulator } = await client()
    const response = await fetch(`${base}${path}`, { method })
    expect(response.status).toBe(status)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(await json(response)).toMatchObject({ error: { type: 'invalid_request_error', param: null } })
    expect(emulator.log).toEqual([])
  })

  it.each<[string, OpenAIFetchOptions, Record<string, string>, object, string]>([
    ['the option', { conversationId: 'option' }, { 'session-id': 'header' }, { prompt_cache_key: 'key' }, 'option'],
    ['its header', {}, { 'session-id': 'header' }, { prompt_cache_key: 'key' }, 'header'],
    ['its cache key', {}, {}, { prompt_cache_key: 'key' }, 'key'],
  ])('belongs to the conversation named by %s', async (_, options, headers, more, id) => {
    const { post, sent } = await client(options)
    await post('/responses', { ...question, ...more }, { headers })
    const [{ headers: got, body }] = sent as [Sent]
    expect([got.get('session-id'), got.get('thread-id'), body['prompt_cache_key']]).toEqual([id, id, id])
  })

  it('finds the cache of its conversation, though its client names none', async () => {
    const { post } = await client()
    const messages = [...chatQuestion.messages]
    const cached: unknown[] = []
    for (let turn = 0; turn < 5; turn += 1) {
      const { usage, choices } = (await json(
        await post('/chat/completions', { ...chatQuestion, messages }),
      )) as never as {
        usage: { prompt_tokens_details: { cached_tokens: number } }
        choices: { message: { role: string; content: string } }[]
      }
      cached.push(usage.prompt_tokens_details.cached_tokens)
      messages.push(choices[0]!.message, { role: 'user', content: `Turn ${turn}` })
    }
    expect(cached[0]).toBe(0)
    expect(cached.slice(1).every((tokens) => Number(tokens) > 0)).toBe(true)
  })

  it('has the configured instructions when it has none of its own', async () => {
    const { post, sent } = await client({ instructions: 'Rhyme.' })
    await post('/responses', question)
    expect(sent[0]?.body).toMatchObject({ instructions: 'Rhyme.' })
  })
})

describe('an abort', () => {
  it.each(['/responses', '/models'])('rejects with the caller’s own reason: %s', async (path) => {
    const { fetch } = await client()
    const reason = new Error('enough')
    const init = path === '/models' ? {} : { method: 'POST', body: JSON.stringify(question) }
    expect(await caught(fetch(`${base}${path}`, { ...init, signal: AbortSignal.abort(reason) }))).toBe(reason)
  })

  it('in the middle of a stream ends it, with the same reason', async () => {
    const { post } = await client()
    const controller = new AbortController()
    const response = await post('/responses', { ...question, stream: true }, { signal: controller.signal })
    const reader = response.body!.getReader()
    await reader.read()
    const reason = new Error('enough')
    controller.abort(reason)
    expect(
      await caught(async () => {
        for (;;) if ((await reader.read()).done) return
      }),
    ).toBe(reason)
  })
})
