import type OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openSession } from '../../src/ai-sdk/open-session.js'
import { UsageLimitError } from '../../src/backend/index.js'
import { createOpenAIOptions, findAuthError } from '../../src/openai/index.js'
import { caught } from '../support/caught.js'
import { planLab, refusedResponses } from '../support/plan-lab.js'
import { addingModel, conversationLab } from './scripted-models.js'

/** What of the client both majors have. */
export interface OpenAIClientModule {
  readonly OpenAI: typeof OpenAI
  readonly zodTextFormat: (schema: z.ZodType, name: string) => never
  readonly zodResponseFormat: (schema: z.ZodType, name: string) => never
}

const model = 'gpt-6.1-sol'
const schema = z.object({ city: z.string(), people: z.number() })
const image = 'data:image/png;base64,iVBORw0KGgo='
const parameters = { type: 'object', properties: { to: { type: 'number' } }, required: ['to'] }

/** What the official client gets from a plan, whichever major it is. */
export function describeOpenAIClient(name: string, module: OpenAIClientModule): void {
  async function connected() {
    const lab = await planLab()
    const session = openSession({ ...lab.place, tokens: lab.tokens })
    const client = new module.OpenAI(createOpenAIOptions(session, { clock: lab.clock }))
    return { ...lab, client }
  }

  describe(`${name} with the strict backend`, () => {
    it('answers a Responses request, whole and as a stream', async () => {
      const { client } = await connected()
      const whole = await client.responses.create({ model, input: 'Hello' })
      expect(whole.output_text).toBe('You said: Hello')
      const deltas: string[] = []
      for await (const event of await client.responses.create({ model, input: 'Hello', stream: true })) {
        if (event.type === 'response.output_text.delta') deltas.push(event.delta)
      }
      expect(deltas.length).toBeGreaterThan(1)
      expect(deltas.join('')).toBe('You said: Hello')
    })

    it('answers Chat Completions, whole and as a stream', async () => {
      const { client } = await connected()
      const messages = [
        { role: 'system' as const, content: 'Be kind.' },
        { role: 'user' as const, content: 'Hello' },
      ]
      const whole = await client.chat.completions.create({ model, messages })
      expect(whole.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'You said: Hello' } })
      const usage: unknown[] = []
      let text = ''
      const stream_options = { include_usage: true }
      for await (const chunk of await client.chat.completions.create({
        model,
        messages,
        stream: true,
        stream_options,
      })) {
        text += chunk.choices[0]?.delta.content ?? ''
        if (chunk.usage) usage.push(chunk.usage.total_tokens)
      }
      expect(text).toBe('You said: Hello')
      expect(usage).toEqual([whole.usage?.total_tokens])
    })

    it('answers in the shape of a schema, by both APIs', async () => {
      const { client, emulator } = await connected()
      emulator.scenario.answers = [{ answer: { items: [{ type: 'text', text: '{"city":"Paris","people":2}' }] } }]
      const response = await client.responses.parse({
        model,
        input: 'Where?',
        text: { format: module.zodTextFormat(schema, 'place') },
      })
      const completion = await client.chat.completions.parse({
        model,
        messages: [{ role: 'user', content: 'Where?' }],
        response_format: module.zodResponseFormat(schema, 'place'),
      })
      const place = { city: 'Paris', people: 2 }
      expect([response.output_parsed, completion.choices[0]?.message.parsed]).toEqual([place, place])
    })

    it('calls tools over three steps by Responses, with the whole conversation sent each time', async () => {
      const { client, emulator, bodies } = await connected()
      emulator.scenario.answers = [{ answer: addingModel }]
      const tools = [{ type: 'function' as const, name: 'addTwo', parameters, strict: false }]
      const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'Make six.' }]
      let answer = await client.responses.create({ model, input, tools })
      for (let step = 0; step < 3; step += 1) {
        input.push(...(answer.output as OpenAI.Responses.ResponseInputItem[]))
        for (const item of answer.output) {
          if (item.type !== 'function_call') continue
          const output = String(Number(JSON.parse(item.arguments).to) + 2)
          input.push({ type: 'function_call_output', call_id: item.call_id, output })
        }
        answer = await client.responses.create({ model, input, tools })
      }
      expect(answer.output_text).toBe('It is 6.')
      const sent = bodies().at(-1)?.['input'] as Record<string, unknown>[]
      expect(sent.filter(({ type }) => type === 'reasoning')).toHaveLength(3)
      expect(sent.filter((item) => 'encrypted_content' in item)).toHaveLength(3)
    })

    it('calls tools over three steps by Chat Completions, with its own runner', async () => {
      const { client, emulator } = await connected()
      emulator.scenario.answers = [{ answer: addingModel }]
      const addTwo = {
        name: 'addTwo',
        description: 'Adds two.',
        parameters,
        parse: (text: string) => JSON.parse(text) as { to: number },
        function: ({ to }: { to: number }) => String(to + 2),
      }
      const runner = client.chat.completions.runTools({
        model,
        messages: [{ role: 'user', content: 'Make six.' }],
        tools: [{ type: 'function', function: addTwo }],
      })
      expect(await runner.finalContent()).toBe('It is 6.')
    })

    it('sends images as they are, by both APIs', async () => {
      const { client, bodies } = await connected()
      await client.responses.create({
        model,
        input: [{ role: 'user', content: [{ type: 'input_image', image_url: image, detail: 'auto' }] }],
      })
      await client.chat.completions.create({
        model,
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: image } }] }],
      })
      const sent = bodies().map(({ input }) => JSON.stringify(input))
      expect(sent).toEqual([expect.stringContaining(image), expect.stringContaining(image)])
    })

    it('lists the models, and finds one', async () => {
      const { client } = await connected()
      const { data } = await client.models.list()
      expect(data.map(({ id }) => id)).toContain(model)
      expect(await client.models.retrieve(model)).toMatchObject({ id: model, object: 'model' })
    })

    it('does not wait for a plan that is used up, and says when it is usable again', async () => {
      const { client, emulator, clock } = await connected()
      emulator.scenario.usageLimit = { resetsInSeconds: 3600 }
      const error = await caught(client.responses.create({ model, input: 'Hello' }))
      expect(error).toBeInstanceOf(module.OpenAI.RateLimitError)
      expect(emulator.counters.requests.responses).toBe(1)
      const found = findAuthError(error, clock)
      expect(found).toBeInstanceOf(UsageLimitError)
      expect(found).toMatchObject({
        code: 'ERR_UPSTREAM_USAGE_LIMIT',
        resetsAtMs: clock.now() + 3_600_000,
        summary: expect.stringMatching(/^The usage limit of your plan is reached until 2026-/),
        advice: 'See `planpass usage` for when it resets.',
      })
    })

    it('names a sign-in that is over, and tries once', async () => {
      const { client, emulator } = await connected()
      emulator.expireAccessTokens()
      emulator.expireRefreshTokens()
      const error = await caught(client.responses.create({ model, input: 'Hello' }))
      expect(error).toBeInstanceOf(module.OpenAI.AuthenticationError)
      expect(findAuthError(error)).toMatchObject({ code: 'ERR_TOKEN_REFRESH_EXPIRED', remedy: 'sign-in' })
      expect(emulator.counters.requests.responses).toBe(1)
    })

    it('names a field that the backend cannot serve', async () => {
      const { client } = await connected()
      const error = await caught(client.responses.create({ model, input: 'Hello', previous_response_id: 'resp_1' }))
      expect(error).toMatchObject({ status: 400, param: 'previous_response_id' })
      expect(findAuthError(error)?.code).toBe('ERR_UPSTREAM_UNSUPPORTED_FIELD')
    })

    it('shows no answer as whole that was cut', async () => {
      const { client, emulator } = await connected()
      emulator.faults.add({ endpoint: 'responses', truncateAfterBytes: 3000 })
      const input = 'Hello '.repeat(200)
      const stream = await client.responses.create({ model, input, stream: true })
      const types: string[] = []
      const reading = (async () => {
        for await (const { type } of stream) types.push(type)
      })()
      expect(findAuthError(await caught(reading))?.code).toBe('ERR_UPSTREAM_STREAM_CUT')
      expect(types).not.toContain('response.completed')
    })

    it('ends the request when the caller aborts', async () => {
      const { client, emulator } = await connected()
      emulator.faults.add({ endpoint: 'responses', delayMs: 60_000 })
      const controller = new AbortController()
      const asking = caught(client.responses.create({ model, input: 'Hello' }, { signal: controller.signal }))
      controller.abort()
      expect(await asking).toBeInstanceOf(module.OpenAI.APIUserAbortError)
    })

    it('replays fifty turns, and goes on with another account in the middle', async () => {
      const { emulator, sessions, clock, bodies } = await conversationLab()
      const clients = sessions.map((session) => new module.OpenAI(createOpenAIOptions(session, { clock })))
      const input: OpenAI.Responses.ResponseInput = []
      for (let turn = 0; turn < 50; turn += 1) {
        input.push({ role: 'user', content: String(turn) })
        const answer = await clients[turn < 25 ? 0 : 1]?.responses.create({ model, input })
        expect(answer?.output_text).toBe(`You said ${turn}.`)
        input.push(...((answer?.output ?? []) as OpenAI.Responses.ResponseInputItem[]))
      }
      expect(refusedResponses(emulator)).toEqual([400])
      const last = bodies().at(-1)?.['input'] as Record<string, unknown>[]
      expect(last.filter(({ role }) => role === 'user')).toHaveLength(50)
      expect(last.filter(({ type }) => type === 'reasoning')).toHaveLength(24)
    })

    it('never gets to see a token', async () => {
      const { client, tokens } = await connected()
      await client.responses.create({ model, input: 'Hello' })
      expect(client.apiKey).not.toContain(tokens.accessToken.slice(0, 16))
    })
  })
}
