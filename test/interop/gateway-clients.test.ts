import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { HumanMessage } from '@langchain/core/messages'
import { ChatOpenAI } from '@langchain/openai'
import { generateObject, generateText, stepCountIs, streamText, tool } from 'ai'
import OpenAI6 from 'openai'
import OpenAI7 from 'openai-7'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { model, withListening } from '../gateway/gateway-lab.js'
import { caught } from '../support/caught.js'
import { addingModel } from './scripted-models.js'

const image = 'data:image/png;base64,iVBORw0KGgo='
const parameters = { type: 'object', properties: { to: { type: 'number' } }, required: ['to'] }

const adding = { scenario: { answers: [{ answer: addingModel }] } }
const placed = { scenario: { answers: [{ answer: { items: [{ type: 'text' as const, text: '{"city":"Paris"}' }] } }] } }

describe.each([
  ['6', OpenAI6],
  ['7', OpenAI7 as unknown as typeof OpenAI6],
])('the openai client %s, with only the base URL and the key changed', (_major, OpenAI) => {
  it('gets Responses and Chat Completions, whole and as streams', async () => {
    await withListening({}, async ({ baseURL, key }) => {
      const client = new OpenAI({ baseURL, apiKey: key })
      expect((await client.responses.create({ model, input: 'Hello' })).output_text).toBe('You said: Hello')
      let text = ''
      for await (const event of await client.responses.create({ model, input: 'Hello', stream: true })) {
        if (event.type === 'response.output_text.delta') text += event.delta
      }
      expect(text).toBe('You said: Hello')
      const messages = [{ role: 'user' as const, content: 'Hello' }]
      const whole = await client.chat.completions.create({ model, messages })
      expect(whole.choices[0]?.message.content).toBe('You said: Hello')
      let chatted = ''
      for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
        chatted += chunk.choices[0]?.delta.content ?? ''
      }
      expect(chatted).toBe('You said: Hello')
    })
  })

  it('wants no change of the program at all where the two variables are set that `planpass serve` prints', async () => {
    await withListening({}, async ({ baseURL, key }) => {
      onTestFinished(() => void vi.unstubAllEnvs())
      vi.stubEnv('OPENAI_BASE_URL', baseURL)
      vi.stubEnv('OPENAI_API_KEY', key)
      expect((await new OpenAI().responses.create({ model, input: 'Hello' })).output_text).toBe('You said: Hello')
    })
  })

  it('calls tools, sends images, reads the models', async () => {
    await withListening({ emulator: adding }, async ({ baseURL, key }) => {
      const client = new OpenAI({ baseURL, apiKey: key })
      const runner = client.chat.completions.runTools({
        model,
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: image } }] }],
        tools: [
          {
            type: 'function',
            function: {
              name: 'addTwo',
              description: 'Adds two.',
              parameters,
              parse: (text: string) => JSON.parse(text) as { to: number },
              function: ({ to }: { to: number }) => String(to + 2),
            },
          },
        ],
      })
      expect(await runner.finalContent()).toBe('It is 6.')
      const { data } = await client.models.list()
      expect(data.map(({ id }) => id)).toContain(model)
      expect(await client.models.retrieve(model)).toMatchObject({ id: model })
    })
  })

  it('raises its own errors: a wrong key, a plan that is used up, a stream that breaks off', async () => {
    await withListening({}, async ({ baseURL, key, emulator }) => {
      const stranger = new OpenAI({ baseURL, apiKey: 'ppk_wrong' })
      const refused = await caught(stranger.responses.create({ model, input: 'Hello' }))
      expect(refused).toBeInstanceOf(OpenAI.AuthenticationError)
      expect(emulator.log).toEqual([])

      const client = new OpenAI({ baseURL, apiKey: key })
      emulator.faults.add({ endpoint: 'responses', truncateAfterBytes: 3000 })
      const stream = await client.responses.create({ model, input: 'Hello '.repeat(200), stream: true })
      const types: string[] = []
      const reading = (async () => {
        for await (const { type } of stream) types.push(type)
      })()
      expect(await caught(reading)).toMatchObject({ code: 'ERR_UPSTREAM_STREAM_CUT' })
      expect(types).not.toContain('response.completed')

      emulator.faults.clear()
      emulator.clearLog()
      emulator.scenario.usageLimit = { resetsInSeconds: 3600 }
      const spent = await caught(client.responses.create({ model, input: 'Hello' }))
      expect(spent).toBeInstanceOf(OpenAI.RateLimitError)
      expect(emulator.log.filter(({ endpoint }) => endpoint === 'responses')).toHaveLength(1)
    })
  })
})

describe("LangChain's chat model, with only the base URL and the key changed", () => {
  it.each([{ useResponsesApi: false }, { useResponsesApi: true }])(
    'answers, whole and as a stream: %j',
    async (api) => {
      await withListening({}, async ({ baseURL, key }) => {
        const chat = new ChatOpenAI({ model, ...api, apiKey: key, configuration: { baseURL } })
        expect((await chat.invoke([new HumanMessage('Hello')])).text).toBe('You said: Hello')
        let text = ''
        for await (const chunk of await chat.stream('Hello')) text += chunk.text
        expect(text).toBe('You said: Hello')
      })
    },
  )

  it('answers in the shape of a schema', async () => {
    await withListening({ emulator: placed }, async ({ baseURL, key }) => {
      const chat = new ChatOpenAI({ model, apiKey: key, configuration: { baseURL } })
      const structured = chat.withStructuredOutput(z.object({ city: z.string() }), { method: 'jsonSchema' })
      expect(await structured.invoke('Where?')).toEqual({ city: 'Paris' })
    })
  })
})

describe("the AI SDK's OpenAI-compatible provider, with only the base URL and the key changed", () => {
  const provide = (baseURL: string, apiKey: string) =>
    createOpenAICompatible({ name: 'planpass', baseURL, apiKey, includeUsage: true, supportsStructuredOutputs: true })

  it('answers, whole and as a stream, and tells the usage', async () => {
    await withListening({}, async ({ baseURL, key }) => {
      const provider = provide(baseURL, key)
      expect((await generateText({ model: provider(model), prompt: 'Hello' })).text).toBe('You said: Hello')
      const streamed = streamText({ model: provider(model), prompt: 'Hello' })
      expect(await streamed.text).toBe('You said: Hello')
      expect((await streamed.usage).outputTokens).toBeGreaterThan(0)
    })
  })

  it('calls tools over steps, and answers in the shape of a schema', async () => {
    await withListening({ emulator: adding }, async ({ baseURL, key, emulator }) => {
      const provider = provide(baseURL, key)
      const addTwo = tool({
        description: 'Adds two.',
        inputSchema: z.object({ to: z.number() }),
        execute: async ({ to }) => to + 2,
      })
      const { text, steps } = await generateText({
        model: provider(model),
        prompt: 'Make six.',
        tools: { addTwo },
        stopWhen: stepCountIs(5),
      })
      expect({ text, steps: steps.length }).toEqual({ text: 'It is 6.', steps: 4 })
      emulator.scenario.answers = placed.scenario.answers
      const { object } = await generateObject({
        model: provider(model),
        prompt: 'Where?',
        schema: z.object({ city: z.string() }),
      })
      expect(object).toEqual({ city: 'Paris' })
    })
  })

  it('fails a stream that breaks off', async () => {
    await withListening({}, async ({ baseURL, key, emulator }) => {
      emulator.faults.add({ endpoint: 'responses', truncateAfterBytes: 3000 })
      const errors: unknown[] = []
      const streamed = streamText({
        model: provide(baseURL, key)(model),
        prompt: 'Hello '.repeat(200),
        maxRetries: 0,
        onError: ({ error }) => void errors.push(error),
      })
      await streamed.consumeStream()
      expect(JSON.stringify(errors)).toContain('incomplete')
    })
  })
})
