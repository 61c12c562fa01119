import type * as AiSdk from 'ai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createOpenAIOAuth, findAuthError, type OpenAIOAuthProviderSettings } from '../../src/ai-sdk/index.js'
import { UsageLimitError } from '../../src/backend/index.js'
import type { AnswerItem, Prompt, ScriptedAnswer } from '../../src/testing/index.js'
import { caught } from '../support/caught.js'
import { planLab, refusedResponses, tokensFrom, twoAccounts } from '../support/plan-lab.js'

/** The members of the SDK that both majors have. */
export type Sdk = Pick<
  typeof AiSdk,
  'APICallError' | 'generateText' | 'NoSuchModelError' | 'Output' | 'stepCountIs' | 'streamText' | 'tool'
>

const model = 'gpt-6.1-sol'

/** A provider over the plan of somebody at the emulator. */
async function provided(settings: OpenAIOAuthProviderSettings = {}) {
  const lab = await planLab()
  const openai = createOpenAIOAuth({ ...lab.place, tokens: lab.tokens, ...settings })
  const answering = (answer: (prompt: Prompt) => ScriptedAnswer) => {
    lab.emulator.scenario.answers = [{ answer }]
  }
  return { ...lab, openai, answering }
}

function says(...items: readonly AnswerItem[]): () => ScriptedAnswer {
  return () => ({ items })
}

/** A model that adds with its tool, one step at a time, until it has 6. */
function addingModel({ toolOutputs }: Prompt): ScriptedAnswer {
  const sum = Number(toolOutputs.at(-1)?.output ?? 0)
  if (sum >= 6) return { items: [{ type: 'text', text: `It is ${sum}.` }] }
  const call: AnswerItem = { type: 'function_call', name: 'add', arguments: { to: sum, amount: 2 } }
  return { items: [{ type: 'reasoning', summary: `${sum} is not enough.` }, call] }
}

/** What a client of the AI SDK gets from a plan, whichever major it uses. */
export function describeAiSdk(name: string, sdk: Sdk): void {
  const { generateText, streamText, tool } = sdk
  const add = tool({
    inputSchema: z.object({ to: z.number(), amount: z.number() }),
    execute: async ({ to, amount }) => String(to + amount),
  })

  describe(`${name} with the strict backend`, () => {
    it.each(['responses', 'chat', 'languageModel'] as const)('generates text by %s', async (kind) => {
      const { openai } = await provided()
      const { text, finishReason } = await generateText({ model: openai[kind](model), prompt: 'Hello' })
      expect({ text, finishReason }).toEqual({ text: 'You said: Hello', finishReason: 'stop' })
    })

    it.each(['responses', 'chat'] as const)('streams text by %s', async (kind) => {
      const { openai } = await provided()
      const result = streamText({ model: openai[kind](model), prompt: 'Hello' })
      const deltas: string[] = []
      for await (const delta of result.textStream) deltas.push(delta)
      expect(deltas.length).toBeGreaterThan(1)
      expect(deltas.join('')).toBe('You said: Hello')
    })

    it('tells what the answer cost', async () => {
      const { openai, answering } = await provided()
      const usage = { inputTokens: 100, cachedTokens: 80, outputTokens: 20, reasoningTokens: 5 }
      answering(() => ({ items: [{ type: 'text', text: 'Yes.' }], usage }))
      const generated = await generateText({ model: openai(model), prompt: 'Is it?' })
      const streamed = streamText({ model: openai(model), prompt: 'Is it?' })
      for (const told of [generated.usage, await streamed.usage]) {
        expect(told).toMatchObject({
          inputTokens: 100,
          outputTokens: 20,
          inputTokenDetails: { cacheReadTokens: 80 },
          outputTokenDetails: { reasoningTokens: 5 },
        })
      }
    })

    it.each(['responses', 'chat'] as const)('answers in the shape of a schema by %s', async (kind) => {
      const { openai, answering, bodies } = await provided()
      answering(says({ type: 'text', text: '{"city":"Paris","people":2}' }))
      const schema = z.object({ city: z.string(), people: z.number() })
      const { output } = await generateText({
        model: openai[kind](model),
        prompt: 'Where?',
        output: sdk.Output.object({ schema }),
      })
      expect(output).toEqual({ city: 'Paris', people: 2 })
      expect(bodies()[0]).toMatchObject({ text: { format: { type: 'json_schema' } } })
    })

    it('calls tools over three steps, and hands the reasoning back each time', async () => {
      const { openai, answering, bodies } = await provided()
      answering(addingModel)
      const { text, steps } = await generateText({
        model: openai(model),
        prompt: 'Make six.',
        tools: { add },
        stopWhen: sdk.stepCountIs(5),
      })
      expect(text).toBe('It is 6.')
      expect(steps.map(({ toolCalls }) => toolCalls.length)).toEqual([1, 1, 1, 0])
      const items = bodies().at(-1)?.['input'] as Record<string, unknown>[]
      const kinds = items.map(({ type, role }) => type ?? role)
      const step = ['reasoning', 'function_call', 'function_call_output']
      expect(kinds.slice(1)).toEqual([...step, ...step, ...step])
      expect(items.filter((item) => 'encrypted_content' in item)).toHaveLength(3)
    })

    it('streams tool calls over three steps', async () => {
      const { openai, answering } = await provided()
      answering(addingModel)
      const result = streamText({
        model: openai(model),
        prompt: 'Make six.',
        tools: { add },
        stopWhen: sdk.stepCountIs(5),
      })
      expect(await result.text).toBe('It is 6.')
      expect((await result.steps).flatMap(({ toolResults }) => toolResults.map(({ output }) => output))).toEqual([
        '2',
        '4',
        '6',
      ])
    })

    it('calls tools over three steps by chat completions', async () => {
      const { openai, answering } = await provided()
      answering(addingModel)
      const prompt = 'Make six.'
      const stopWhen = sdk.stepCountIs(5)
      const { text } = await generateText({ model: openai.chat(model), prompt, tools: { add }, stopWhen })
      expect(text).toBe('It is 6.')
    })

    it('tells what the model reasoned', async () => {
      const { openai, answering } = await provided()
      answering(says({ type: 'reasoning', summary: 'A greeting.' }, { type: 'text', text: 'Hello.' }))
      const generated = await generateText({ model: openai(model), prompt: 'Hello' })
      const streamed = streamText({ model: openai(model), prompt: 'Hello' })
      expect([generated.reasoningText, await streamed.reasoningText]).toEqual(['A greeting.', 'A greeting.'])
    })

    it('sends images as they are', async () => {
      const { openai, bodies } = await provided()
      const image = Uint8Array.from([137, 80, 78, 71, 13, 10, 26, 10])
      const content = [
        { type: 'text' as const, text: 'What is it?' },
        { type: 'file' as const, data: image, mediaType: 'image/png' },
      ]
      await generateText({ model: openai(model), messages: [{ role: 'user', content }] })
      expect(JSON.stringify(bodies()[0]?.['input'])).toContain(
        `"image_url":"data:image/png;base64,${Buffer.from(image).toString('base64')}"`,
      )
    })

    it('ends the request when the caller aborts', async () => {
      const { openai, emulator } = await provided()
      emulator.faults.add({ endpoint: 'responses', delayMs: 60_000 })
      const controller = new AbortController()
      const asking = generateText({ model: openai(model), prompt: 'Hello', abortSignal: controller.signal })
      controller.abort()
      expect(await caught(asking)).toMatchObject({ name: 'AbortError' })
    })

    it('sends the system prompt as instructions, and the default ones where there are none', async () => {
      const { openai, bodies } = await provided({ instructions: 'Be brief.' })
      await generateText({ model: openai(model), system: 'Be kind.', prompt: 'Hello' })
      await generateText({ model: openai(model), prompt: 'Hello' })
      expect(bodies().map(({ instructions }) => instructions)).toEqual(['Be kind.', 'Be brief.'])
    })

    it('tells the limits of the plan, and what the backend does not take', async () => {
      const { openai } = await provided()
      const asked = { model: openai(model), prompt: 'Hello', maxOutputTokens: 100 }
      const generated = await generateText(asked)
      const streamed = streamText(asked)
      const expected = {
        dropped: ['max_output_tokens'],
        limits: { windows: [expect.objectContaining({ limit: 'codex', usedPercent: 20 }), expect.anything()] },
      }
      expect(generated.providerMetadata?.['planpass']).toMatchObject(expected)
      expect((await streamed.providerMetadata)?.['planpass']).toMatchObject(expected)
      expect(generated.providerMetadata?.['openai']).toHaveProperty('responseId')
    })

    it('does not wait for a plan that is used up, and says when it is usable again', async () => {
      const { openai, emulator, clock } = await provided()
      emulator.scenario.usageLimit = { resetsInSeconds: 3600 }
      const error = await caught(generateText({ model: openai(model), prompt: 'Hello' }))
      expect(sdk.APICallError.isInstance(error)).toBe(true)
      expect(error).toMatchObject({ isRetryable: false, statusCode: 429 })
      const found = findAuthError(error)
      expect(found).toBeInstanceOf(UsageLimitError)
      expect(found).toMatchObject({ code: 'ERR_UPSTREAM_USAGE_LIMIT', resetsAtMs: clock.now() + 3_600_000 })
      expect(emulator.counters.requests.responses).toBe(1)
    })

    it('says so in a stream, too', async () => {
      const { openai, emulator } = await provided()
      emulator.scenario.usageLimit = { resetsInSeconds: 3600 }
      const errors: unknown[] = []
      const result = streamText({
        model: openai(model),
        prompt: 'Hello',
        onError: ({ error }) => void errors.push(error),
      })
      await result.consumeStream()
      expect(errors.map((error) => findAuthError(error)?.code)).toEqual(['ERR_UPSTREAM_USAGE_LIMIT'])
    })

    it('shows no answer as whole that was cut', async () => {
      const { openai, emulator } = await provided()
      emulator.faults.add({ endpoint: 'responses', truncateAfterBytes: 3000 })
      const prompt = 'Hello '.repeat(200)
      const streamed = streamText({ model: openai(model), prompt })
      const reading = (async () => {
        for await (const delta of streamed.textStream) expect(delta).not.toBe('')
      })()
      expect(findAuthError(await caught(reading))?.code).toBe('ERR_UPSTREAM_STREAM_CUT')
      const generated = await caught(generateText({ model: openai(model), prompt, maxRetries: 0 }))
      expect(findAuthError(generated)?.code).toBe('ERR_UPSTREAM_STREAM_CUT')
    })

    it.each([
      ['a model that the plan does not have', 'gpt-0', 'ERR_UPSTREAM_MODEL_NOT_AVAILABLE'],
      ['a request that the backend cannot serve', model, 'ERR_UPSTREAM_UNSUPPORTED_FIELD'],
    ])('names %s, and tries once', async (_, modelId, code) => {
      const { openai, emulator } = await provided()
      const providerOptions = { openai: modelId === model ? { previousResponseId: 'resp_1' } : {} }
      const error = await caught(generateText({ model: openai(modelId), prompt: 'Hello', providerOptions }))
      expect(findAuthError(error)?.code).toBe(code)
      expect(emulator.counters.requests.responses).toBeLessThanOrEqual(1)
    })

    it('names a sign-in that is over', async () => {
      const { openai, emulator } = await provided()
      emulator.expireAccessTokens()
      emulator.expireRefreshTokens()
      const error = await caught(generateText({ model: openai(model), prompt: 'Hello' }))
      expect(findAuthError(error)).toMatchObject({ code: 'ERR_TOKEN_REFRESH_EXPIRED', remedy: 'sign-in' })
    })

    it('has language models alone', async () => {
      const { openai } = await provided()
      for (const kind of ['embeddingModel', 'textEmbeddingModel', 'imageModel'] as const) {
        const error = await caught(() => openai[kind]('any'))
        expect(sdk.NoSuchModelError.isInstance(error)).toBe(true)
        expect(error).toMatchObject({ modelId: 'any' })
      }
    })

    it('replays fifty turns with tools, and goes on with another account in the middle', async () => {
      const lab = await planLab({ accounts: twoAccounts })
      const { emulator, place, bodies } = lab
      emulator.scenario.answers = [
        {
          when: ({ toolOutputs }) => toolOutputs.length === 0,
          answer: ({ text }) => ({
            items: [
              { type: 'reasoning', summary: `About ${text}.` },
              { type: 'function_call', name: 'add', arguments: { to: Number(text), amount: 1 } },
            ],
          }),
        },
        {
          answer: ({ toolOutputs }) => ({
            items: [{ type: 'text', text: `It is ${String(toolOutputs[0]?.output)}.` }],
          }),
        },
      ]
      const providers = await Promise.all(
        twoAccounts.map(async (account) =>
          createOpenAIOAuth({ ...place, tokens: await tokensFrom(emulator, account) }),
        ),
      )
      const messages: AiSdk.ModelMessage[] = []
      for (let turn = 0; turn < 50; turn += 1) {
        const openai = providers[turn < 25 ? 0 : 1]
        if (!openai) throw new Error('There is no provider for this turn.')
        messages.push({ role: 'user', content: String(turn) })
        const result = await generateText({
          model: openai(model),
          messages,
          tools: { add },
          stopWhen: sdk.stepCountIs(3),
        })
        expect(result.text).toBe(`It is ${turn + 1}.`)
        messages.push(...responseMessages(result))
      }
      expect(refusedResponses(emulator)).toEqual([400])
      const last = bodies().at(-1)?.['input'] as Record<string, unknown>[]
      expect(last.filter(({ role }) => role === 'user')).toHaveLength(50)
      expect(last.filter(({ type }) => type === 'function_call')).toHaveLength(50)
      expect(last.filter(({ type }) => type === 'reasoning')).toHaveLength(25)
    })
  })
}

/** What all steps said: the newer SDK has it beside the answer of the last one. */
function responseMessages(result: { response: { messages: AiSdk.ModelMessage[] } }): readonly AiSdk.ModelMessage[] {
  const newer: unknown = Reflect.get(result, 'responseMessages')
  return Array.isArray(newer) ? newer : result.response.messages
}
