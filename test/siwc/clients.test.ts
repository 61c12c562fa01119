import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { createOpenAIOAuth } from '../../src/ai-sdk/index.js'
import type { Session } from '../../src/core/index.js'
import { createOpenAIOptions } from '../../src/openai/index.js'
import { signedIn } from '../support/signed-in.js'
import { toArray } from '../support/to-array.js'
import { siwcLab } from './siwc-lab.js'

const call = { type: 'function_call', name: 'weather', arguments: { city: 'Oslo' }, callId: 'call_1' } as const
const answers = [
  {
    when: ({ toolOutputs }: { toolOutputs: readonly unknown[] }) => toolOutputs.length > 0,
    answer: { items: [{ type: 'text', text: 'Rain.' } as const] },
  },
  { when: ({ text }: { text: string }) => text === 'Weather?', answer: { items: [call] } },
]
const scenario = { answers }

/** All that differs from one provider to the other. */
const sessions: Record<Session['provider']['name'], () => Promise<Session>> = {
  codex: async () => (await signedIn({ scenario })).session,
  siwc: async () => {
    const lab = siwcLab({ scenario })
    await lab.signIn()
    return lab.session()
  },
}

describe.each(Object.entries(sessions))('the same program over a session of %s', (name, openSession) => {
  it('is one of the AI SDK: text, streams, chat, and tools that are called and answered', async () => {
    const session = await openSession()
    expect(session.provider.name).toBe(name)
    const openai = createOpenAIOAuth({ session })
    const model = openai('gpt-5.5')
    const prompt = 'Hello'
    expect((await generateText({ model, system: 'Be brief.', prompt, maxRetries: 0 })).text).toBe('You said: Hello')
    expect((await generateText({ model: openai.chat('gpt-5.5'), prompt, maxRetries: 0 })).text).toBe('You said: Hello')
    expect(await streamText({ model, prompt, maxRetries: 0 }).text).toBe('You said: Hello')
    const weather = tool({
      inputSchema: jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } } }),
      execute: async ({ city }) => `Rain in ${city}`,
    })
    const answer = await generateText({ model, prompt: 'Weather?', tools: { weather }, stopWhen: stepCountIs(3) })
    expect(answer.text).toBe('Rain.')
    expect(answer.steps[0]?.toolResults).toMatchObject([{ toolName: 'weather', output: 'Rain in Oslo' }])
  })

  it('is one of the openai client: responses, streams, chat completions and models', async () => {
    const client = new OpenAI({ ...createOpenAIOptions(await openSession()), maxRetries: 0 })
    const request = { model: 'gpt-5.5', input: 'Hello' }
    expect((await client.responses.create(request)).output_text).toBe('You said: Hello')
    const events = await toArray(await client.responses.create({ ...request, stream: true }))
    expect(events.at(-1)?.type).toBe('response.completed')
    const messages = [
      { role: 'system' as const, content: 'Be brief.' },
      { role: 'user' as const, content: 'Hello' },
    ]
    const completion = await client.chat.completions.create({ model: 'gpt-5.5', messages })
    expect(completion.choices[0]?.message.content).toBe('You said: Hello')
    expect((await client.models.list()).data.length).toBeGreaterThan(0)
  })
})
