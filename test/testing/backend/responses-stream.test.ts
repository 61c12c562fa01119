import { describe, expect, it } from 'vitest'
import { openReasoning } from '../../../src/testing/backend/sealed-reasoning.js'
import type { AnswerItem, Prompt } from '../../../src/testing/backend/scenario.js'
import {
  acceptedBody,
  createBackendUnderTest,
  doneItems,
  eventsOf,
  readEvents,
  userMessage,
} from './backend-under-test.js'

async function answer(items: readonly AnswerItem[], body: object = acceptedBody) {
  const { scenario, post } = createBackendUnderTest()
  scenario.answers = [{ answer: { items } }]
  return readEvents(await post(body))
}

function joined(events: Awaited<ReturnType<typeof readEvents>>, type: string): string {
  return eventsOf(events, type)
    .map(({ delta }) => delta)
    .join('')
}

describe('the stream of a response', () => {
  it('repeats what the person said when nothing is scripted', async () => {
    const response = await createBackendUnderTest().post(acceptedBody)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    const events = await readEvents(response)
    expect(joined(events, 'response.output_text.delta')).toBe('You said: Hello')
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'codex.rate_limits',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
  })

  it('numbers its events and names the item each one belongs to', async () => {
    const events = await answer([
      { type: 'reasoning', summary: 'Hm.' },
      { type: 'text', text: 'Yes.' },
    ])
    expect(events.map((event) => event['sequence_number'])).toEqual(events.map((_, index) => index))
    const [reasoning, message] = doneItems(events)
    const [thought] = eventsOf(events, 'response.reasoning_summary_text.delta')
    const [word] = eventsOf(events, 'response.output_text.delta')
    expect(thought).toMatchObject({ item_id: reasoning?.['id'], output_index: 0 })
    expect(word).toMatchObject({ item_id: message?.['id'], output_index: 1 })
  })

  it('cuts no character in two', async () => {
    const text = '🦊'.repeat(30)
    const events = await answer([{ type: 'text', text }])
    const deltas = eventsOf(events, 'response.output_text.delta').map(({ delta }) => String(delta))
    expect(deltas.length).toBeGreaterThan(1)
    expect(deltas.every((delta) => /^\P{Surrogate}+$/u.test(delta))).toBe(true)
    expect(deltas.join('')).toBe(text)
  })

  it('seals reasoning for the account that asked, when it asked', async () => {
    const items = [{ type: 'reasoning', summary: 'First, think.' }] as const
    const [sealed] = doneItems(await answer(items))
    expect(sealed).toMatchObject({ type: 'reasoning', summary: [{ type: 'summary_text', text: 'First, think.' }] })
    expect(openReasoning(String(sealed?.['encrypted_content']), 'account-emulated-1')).toBe('First, think.')
    const [open] = doneItems(await answer(items, { ...acceptedBody, include: [] }))
    expect(open?.['encrypted_content']).toBeNull()
  })

  it('streams the arguments of a function call', async () => {
    const events = await answer([{ type: 'function_call', name: 'read_file', arguments: { path: '/etc/hostname' } }])
    expect(joined(events, 'response.function_call_arguments.delta')).toBe('{"path":"/etc/hostname"}')
    const [call] = doneItems(events)
    expect(call).toMatchObject({ type: 'function_call', name: 'read_file', arguments: '{"path":"/etc/hostname"}' })
    expect(String(call?.['call_id']).length).toBeLessThanOrEqual(64)
  })

  it('streams the input of a custom tool', async () => {
    const events = await answer([{ type: 'custom_tool_call', name: 'exec', input: 'text(1 + 1)', callId: 'call_1' }])
    expect(joined(events, 'response.custom_tool_call_input.delta')).toBe('text(1 + 1)')
    expect(doneItems(events)).toMatchObject([{ type: 'custom_tool_call', call_id: 'call_1', input: 'text(1 + 1)' }])
  })

  it('does not repeat the items at its end', async () => {
    const events = await answer([{ type: 'text', text: 'Once.' }])
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { status: 'completed', output: [] } })
  })

  it('ends in failure when the script says so', async () => {
    const { scenario, post } = createBackendUnderTest()
    const failure = { code: 'server_is_overloaded', message: 'Try later.' }
    scenario.answers = [{ answer: { items: [], failure } }]
    const events = await readEvents(await post(acceptedBody))
    expect(events.at(-1)).toMatchObject({ type: 'response.failed', response: { status: 'failed', error: failure } })
  })
})

describe('the script', () => {
  it('is asked line by line what fits the prompt', async () => {
    const { scenario, post } = createBackendUnderTest()
    scenario.answers = [
      { when: ({ text }) => text === 'Goodbye', answer: { items: [{ type: 'text', text: 'So long.' }] } },
      {
        when: ({ model }) => model === 'gpt-5.5',
        answer: ({ text }) => ({ items: [{ type: 'text', text: text.toUpperCase() }] }),
      },
    ]
    const say = async (text: string) =>
      joined(
        await readEvents(await post({ ...acceptedBody, input: [userMessage(text)] })),
        'response.output_text.delta',
      )
    expect([await say('Goodbye'), await say('Hello')]).toEqual(['So long.', 'HELLO'])
  })

  it('sees the last words of the person and what the tools answered since', async () => {
    const { scenario, post } = createBackendUnderTest()
    const seen: Prompt[] = []
    scenario.answers = [{ when: (prompt) => seen.push(prompt) === 0, answer: { items: [] } }]
    const input = [
      { role: 'user', content: 'Plain text.' },
      { type: 'function_call_output', call_id: 'call_0', output: 'old' },
      userMessage('What time is it?'),
      { type: 'function_call', call_id: 'call_1', name: 'clock', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'noon' },
    ]
    await post({ ...acceptedBody, input })
    expect(seen).toMatchObject([{ text: 'What time is it?', toolOutputs: [{ callId: 'call_1', output: 'noon' }] }])
  })
})

async function usageOf(response: Response): Promise<Record<string, unknown>> {
  const last = (await readEvents(response)).at(-1) as unknown as { response: { usage: Record<string, unknown> } }
  return last.response.usage
}

describe('the token counts', () => {
  it('are the same for the same prompt, and add up', async () => {
    const { post } = createBackendUnderTest()
    const usage = await usageOf(await post(acceptedBody))
    expect(usage).toMatchObject({
      input_tokens_details: { cached_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 },
    })
    expect(usage['total_tokens']).toBe(Number(usage['input_tokens']) + Number(usage['output_tokens']))
    expect(await usageOf(await post(acceptedBody))).toEqual(usage)
  })

  it('are what the script says they are', async () => {
    const { scenario, post } = createBackendUnderTest()
    const usage = { inputTokens: 100, cachedTokens: 64, outputTokens: 20, reasoningTokens: 5 }
    scenario.answers = [{ answer: { items: [], usage } }]
    expect(await usageOf(await post(acceptedBody))).toEqual({
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 64 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 5 },
      total_tokens: 120,
    })
  })

  it.each([
    ['the session header', {}, { 'session-id': 'conversation-1' }],
    ['the prompt cache key', { prompt_cache_key: 'conversation-1' }, {}],
  ])('count as cached what a conversation has sent before, told apart by %s', async (_, members, headers) => {
    const { post } = createBackendUnderTest()
    const input: object[] = []
    const cached: unknown[] = []
    for (const text of ['One', 'Two', 'Three']) {
      input.push(userMessage(text))
      const usage = await usageOf(await post({ ...acceptedBody, ...members, input }, headers))
      cached.push(usage['input_tokens_details'])
    }
    const one = Math.ceil(JSON.stringify(userMessage('One')).length / 4)
    expect(cached).toEqual([{ cached_tokens: 0 }, { cached_tokens: one }, { cached_tokens: 2 * one }])
  })

  it('count nothing as cached for another account', async () => {
    const { post } = createBackendUnderTest()
    await post(acceptedBody, { 'session-id': 'conversation-1' })
    const usage = await usageOf(
      await post(acceptedBody, { 'session-id': 'conversation-1', authorization: 'Bearer grace' }),
    )
    expect(usage).toMatchObject({ input_tokens_details: { cached_tokens: 0 } })
  })
})

describe('the rate limits of a response', () => {
  it('are in its headers and in its stream', async () => {
    const response = await createBackendUnderTest().post(acceptedBody)
    const headers = Object.fromEntries(response.headers)
    expect(headers).toMatchObject({
      'x-request-id': expect.stringMatching(/^req_/),
      'x-codex-primary-used-percent': '20',
      'x-codex-primary-window-minutes': '300',
      'x-codex-primary-reset-at': expect.stringMatching(/^\d+$/),
      'x-codex-secondary-used-percent': '10',
      'x-codex-secondary-window-minutes': '10080',
      'x-codex-credits-has-credits': 'false',
      'x-codex-credits-unlimited': 'false',
      'x-codex-credits-balance': '0',
    })
    expect(eventsOf(await readEvents(response), 'codex.rate_limits')).toMatchObject([
      {
        plan_type: 'plus',
        rate_limits: {
          allowed: true,
          limit_reached: false,
          primary: { used_percent: 20, window_minutes: 300, reset_at: Number(headers['x-codex-primary-reset-at']) },
          secondary: { used_percent: 10, window_minutes: 10_080 },
        },
      },
    ])
  })

  it('name an additional limit by its feature', async () => {
    const { scenario, post } = createBackendUnderTest()
    const primary = { usedPercent: 7, windowSeconds: 90 }
    scenario.usage = {
      primary: null,
      secondary: null,
      additional: [{ limitName: 'Luna', meteredFeature: 'codex_luna', primary, secondary: null }],
      credits: null,
      reachedType: null,
    }
    const headers = Object.fromEntries((await post(acceptedBody)).headers)
    expect(headers).toMatchObject({
      'x-codex-luna-primary-used-percent': '7',
      'x-codex-luna-primary-window-minutes': '2',
      'x-codex-luna-limit-name': 'Luna',
    })
    expect(headers).not.toHaveProperty('x-codex-primary-used-percent')
  })

  it('follow the script of the answer', async () => {
    const { scenario, post } = createBackendUnderTest()
    const rateLimits = { ...scenario.usage, primary: { usedPercent: 99, windowSeconds: 60 }, secondary: null }
    scenario.answers = [{ answer: { items: [], rateLimits } }]
    const { headers } = await post(acceptedBody)
    expect(headers.get('x-codex-primary-used-percent')).toBe('99')
    expect(headers.has('x-codex-secondary-used-percent')).toBe(false)
  })
})
