import { AIMessage, HumanMessage, ToolMessage, type BaseMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openSession } from '../../src/ai-sdk/open-session.js'
import { createOpenAIOptions, findAuthError } from '../../src/openai/index.js'
import { caught } from '../support/caught.js'
import { planLab, refusedResponses } from '../support/plan-lab.js'
import { addingModel, conversationLab } from './scripted-models.js'

const model = 'gpt-6.1-sol'
const addTwo = tool(({ to }) => String(to + 2), {
  name: 'addTwo',
  description: 'Adds two.',
  schema: z.object({ to: z.number() }),
})

describe.each([{ useResponsesApi: false }, { useResponsesApi: true }])("LangChain's chat model, with %j", (api) => {
  async function connected() {
    const lab = await planLab()
    const session = openSession({ ...lab.place, tokens: lab.tokens })
    const chat = new ChatOpenAI({ model, ...api, configuration: createOpenAIOptions(session, { clock: lab.clock }) })
    return { ...lab, chat }
  }

  it('answers, whole and as a stream', async () => {
    const { chat } = await connected()
    expect((await chat.invoke('Hello')).text).toBe('You said: Hello')
    let text = ''
    for await (const chunk of await chat.stream('Hello')) text += chunk.text
    expect(text).toBe('You said: Hello')
  })

  it('tells what the answer cost', async () => {
    const { chat, emulator } = await connected()
    const usage = { inputTokens: 100, cachedTokens: 80, outputTokens: 20, reasoningTokens: 5 }
    emulator.scenario.answers = [{ answer: { items: [{ type: 'text', text: 'Yes.' }], usage } }]
    expect((await chat.invoke('Is it?')).usage_metadata).toMatchObject({
      input_tokens: 100,
      output_tokens: 20,
      input_token_details: { cache_read: 80 },
      output_token_details: { reasoning: 5 },
    })
  })

  it('calls tools over three steps', async () => {
    const { chat, emulator } = await connected()
    emulator.scenario.answers = [{ answer: addingModel }]
    const withTools = chat.bindTools([addTwo])
    const messages: BaseMessage[] = [new HumanMessage('Make six.')]
    let steps = 0
    for (; steps < 5; steps += 1) {
      const answer = await withTools.invoke(messages)
      messages.push(answer)
      if (!answer.tool_calls?.length) break
      for (const { id = '', args } of answer.tool_calls) {
        messages.push(new ToolMessage({ tool_call_id: id, content: await addTwo.invoke({ to: Number(args['to']) }) }))
      }
    }
    expect(steps).toBe(3)
    expect(messages.at(-1)).toBeInstanceOf(AIMessage)
    expect(messages.at(-1)?.text).toBe('It is 6.')
  })

  it('answers in the shape of a schema', async () => {
    const { chat, emulator } = await connected()
    emulator.scenario.answers = [{ answer: { items: [{ type: 'text', text: '{"city":"Paris"}' }] } }]
    const structured = chat.withStructuredOutput(z.object({ city: z.string() }), { method: 'jsonSchema' })
    expect(await structured.invoke('Where?')).toEqual({ city: 'Paris' })
  })

  it('sends images as they are', async () => {
    const { chat, bodies } = await connected()
    const url = 'data:image/png;base64,iVBORw0KGgo='
    await chat.invoke([new HumanMessage({ content: [{ type: 'image_url', image_url: { url } }] })])
    expect(JSON.stringify(bodies()[0]?.['input'])).toContain(url)
  })

  it('replays fifty turns, and goes on with another account in the middle', async () => {
    const { emulator, sessions, clock, bodies } = await conversationLab()
    const chats = sessions.map(
      (session) => new ChatOpenAI({ model, ...api, configuration: createOpenAIOptions(session, { clock }) }),
    )
    const messages: BaseMessage[] = []
    for (let turn = 0; turn < 50; turn += 1) {
      messages.push(new HumanMessage(String(turn)))
      const answer = await chats[turn < 25 ? 0 : 1]?.invoke(messages)
      expect(answer?.text).toBe(`You said ${turn}.`)
      if (answer) messages.push(answer)
    }
    // Chat Completions has no word for reasoning, so nothing of it is handed back there.
    expect(refusedResponses(emulator)).toEqual(api.useResponsesApi ? [400] : [])
    const last = bodies().at(-1)?.['input'] as Record<string, unknown>[]
    expect(last.filter(({ role }) => role === 'user')).toHaveLength(50)
  })

  it('does not wait for a plan that is used up', async () => {
    const { chat, emulator } = await connected()
    emulator.scenario.usageLimit = { resetsInSeconds: 3600 }
    const error = await caught(chat.invoke('Hello'))
    expect(findAuthError(error)?.code).toBe('ERR_UPSTREAM_USAGE_LIMIT')
    expect(emulator.counters.requests.responses).toBe(1)
  })
})
