import { describe, expect, it } from 'vitest'
import { toChatCompletion, toChatCompletionChunks, type ResponseEvent } from '../../src/backend/index.js'
import type { JsonObject } from '../../src/core/index.js'
import { caughtCode } from '../support/caught.js'
import { toArray } from '../support/to-array.js'

const usage = {
  input_tokens: 12,
  input_tokens_details: { cached_tokens: 8 },
  output_tokens: 4,
  output_tokens_details: { reasoning_tokens: 1 },
  total_tokens: 16,
}
const chatUsage = {
  prompt_tokens: 12,
  completion_tokens: 4,
  total_tokens: 16,
  prompt_tokens_details: { cached_tokens: 8 },
  completion_tokens_details: { reasoning_tokens: 1 },
}
const head = { id: 'resp_1', created_at: 7, model: 'gpt-5.5' }
const call = { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{"at":"this"}', status: 'completed' }

async function* eventsOf(...list: ({ type: string } & JsonObject)[]): AsyncGenerator<ResponseEvent> {
  for (const data of list) yield { type: data.type, data }
}
const created = { type: 'response.created', response: head }
const completed = { type: 'response.completed', response: { ...head, status: 'completed', usage } }
const textDelta = { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hi' }

describe('a completion', () => {
  it('names the response, its model and its cost', () => {
    expect(toChatCompletion({ ...head, status: 'completed', output: [call], usage })).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 7,
      model: 'gpt-5.5',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: null,
            refusal: null,
            tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":"this"}' } }],
          },
          logprobs: null,
          finish_reason: 'tool_calls',
        },
      ],
      usage: chatUsage,
    })
  })

  it('tells citations, and no cost that it does not know', () => {
    const citation = { type: 'url_citation', url: 'https://example.com', title: 'A', start_index: 0, end_index: 1 }
    const content = [{ type: 'output_text', text: 'A', annotations: [citation, { type: 'file_citation' }] }]
    const completion = toChatCompletion({ output: [{ type: 'message', content }] }, { model: 'asked' })
    expect(completion).toMatchObject({ model: 'asked', choices: [{ finish_reason: 'stop' }] })
    expect(completion).not.toHaveProperty('usage')
    expect(completion['choices']).toMatchObject([
      { message: { annotations: [{ type: 'url_citation', url_citation: { url: 'https://example.com' } }] } },
    ])
  })

  it('leaves out a call that was not finished', () => {
    const response = { status: 'incomplete', output: [{ ...call, arguments: '{"at', status: 'incomplete' }] }
    const { choices } = toChatCompletion(response)
    expect(choices).toMatchObject([{ finish_reason: 'length' }])
    expect(JSON.stringify(choices)).not.toContain('tool_calls')
  })
})

describe('the chunks of a completion', () => {
  it('begin with the role and end with the reason and, when it is asked for, the cost', async () => {
    const chunks = await toArray(
      toChatCompletionChunks(eventsOf(created, textDelta, completed), { includeUsage: true }),
    )
    const common = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 7, model: 'gpt-5.5' }
    const choice = { index: 0, logprobs: null, finish_reason: null }
    expect(chunks).toEqual([
      { ...common, usage: null, choices: [{ ...choice, delta: { role: 'assistant', content: '' } }] },
      { ...common, usage: null, choices: [{ ...choice, delta: { content: 'Hi' } }] },
      { ...common, usage: null, choices: [{ ...choice, delta: {}, finish_reason: 'stop' }] },
      { ...common, usage: chatUsage, choices: [] },
    ])
  })

  it('say nothing of the cost otherwise', async () => {
    const chunks = await toArray(toChatCompletionChunks(eventsOf(created, completed)))
    expect(chunks).toHaveLength(2)
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false)
  })

  it('name a call once, and then what it is given', async () => {
    const place = { output_index: 3 }
    const chunks = await toArray(
      toChatCompletionChunks(
        eventsOf(
          created,
          { type: 'response.output_item.added', ...place, item: { ...call, arguments: '', status: 'in_progress' } },
          { type: 'response.function_call_arguments.delta', ...place, delta: '{"at":' },
          { type: 'response.output_item.done', ...place, item: call },
          completed,
        ),
      ),
    )
    expect(chunks.slice(1, -1).map(({ choices }) => choices)).toMatchObject([
      [
        {
          delta: {
            tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'look', arguments: '' } }],
          },
        },
      ],
      [{ delta: { tool_calls: [{ index: 0, function: { arguments: '{"at":' } }] } }],
      [{ delta: { tool_calls: [{ index: 0, function: { arguments: '"this"}' } }] } }],
    ])
    expect(chunks.at(-1)?.['choices']).toMatchObject([{ finish_reason: 'tool_calls' }])
  })

  it('tell the citations of a text once it is whole', async () => {
    const citation = { type: 'url_citation', url: 'https://example.com', title: 'A', start_index: 0, end_index: 1 }
    const content = [{ type: 'output_text', text: 'Hi', annotations: [citation, { type: 'file_citation' }] }]
    const item = { type: 'message', content }
    const chunks = await toArray(
      toChatCompletionChunks(
        eventsOf(
          created,
          textDelta,
          { type: 'response.output_item.done', output_index: 0, item },
          { ...completed, response: { ...completed.response, output: [item] } },
        ),
      ),
    )
    const { type, ...cited } = citation
    expect(chunks.slice(1, -1).map(({ choices }) => choices)).toMatchObject([
      [{ delta: { content: 'Hi' } }],
      [{ delta: { annotations: [{ type, url_citation: cited }] } }],
    ])
  })

  it('are no whole answer when the last event never comes', async () => {
    expect(await caughtCode(toArray(toChatCompletionChunks(eventsOf(created, textDelta))))).toBe(
      'ERR_UPSTREAM_STREAM_CUT',
    )
  })
})
