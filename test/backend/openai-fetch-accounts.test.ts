import { describe, expect, it } from 'vitest'
import { createOpenAIFetch } from '../../src/backend/openai-fetch.js'
import { createMemoryStore, type JsonObject } from '../../src/core/index.js'
import type { AnswerItem, EmulatedAccount } from '../../src/testing/index.js'
import { credentialFrom } from '../support/signed-in.js'
import { base, client, json } from './openai-client.js'

const question = { model: 'gpt-5.5', input: 'Hello' }

describe('reasoning of another account', () => {
  const [first, second] = ['a', 'b'].map((name): EmulatedAccount => ({
    accountId: `account-${name}`,
    userId: `user-${name}`,
    email: `${name}@example.test`,
    planType: 'plus',
    isFedramp: false,
  })) as [EmulatedAccount, EmulatedAccount]

  async function afterSwitch() {
    const world = await client({}, { accounts: [first, second] })
    const items: AnswerItem[] = [
      { type: 'reasoning', summary: 'Hm.' },
      { type: 'text', text: 'Hi' },
    ]
    world.answers(...items)
    const { output } = await json(await world.post('/responses', question))
    const store = createMemoryStore(await credentialFrom(world.emulator, second))
    const fetch = createOpenAIFetch(world.openSession({ store }), { clock: world.clock })
    const ask = async (input: unknown[]) => {
      const before = world.sent.length
      const init = { method: 'POST', body: JSON.stringify({ ...question, input }) }
      const response = await fetch(`${base}/responses`, init)
      return { response, body: await json(response), requests: world.sent.length - before }
    }
    const history = [{ role: 'user', content: 'Hello' }, ...(output as JsonObject[]), { role: 'user', content: 'More' }]
    return { ...world, ask, history }
  }

  it('is left out after the backend has refused it once, and reported', async () => {
    const { ask, history } = await afterSwitch()
    const { response, requests, body } = await ask(history)
    expect([response.status, requests]).toEqual([200, 2])
    expect(response.headers.get('x-planpass-dropped')).toBe('input[], input[].id')
    expect(body).toMatchObject({ status: 'completed' })
  })

  it('is not tried again in later turns, where the account’s own is kept', async () => {
    const { ask, history, sent } = await afterSwitch()
    const { body } = await ask(history)
    const next = [...history, ...(body['output'] as JsonObject[]), { role: 'user', content: 'And more' }]
    expect(await ask(next)).toMatchObject({ requests: 1, body: { status: 'completed' } })
    const input = sent.at(-1)?.body['input'] as JsonObject[]
    expect(input.filter(({ type }) => type === 'reasoning')).toHaveLength(1)
  })

  it('is given up when the backend still refuses', async () => {
    const { ask, history, emulator } = await afterSwitch()
    const body = { error: { code: 'invalid_encrypted_content', message: 'No.' } }
    emulator.faults.add({ endpoint: 'responses', status: 400, body })
    expect(await ask(history)).toMatchObject({
      requests: 2,
      response: { status: 400 },
      body: { error: { code: 'invalid_encrypted_content' } },
    })
    expect(await ask(history)).toMatchObject({ requests: 1, response: { status: 400 } })
  })

  it('is given up where what was refused is in no item that could be left out', async () => {
    const { ask, emulator } = await afterSwitch()
    const body = { error: { code: 'invalid_encrypted_content', message: 'No.' } }
    emulator.faults.add({ endpoint: 'responses', status: 400, times: 5, body })
    const sealed = { role: 'user', content: 'Hello', encrypted_content: 'sealed' }
    expect(await ask([sealed])).toMatchObject({ requests: 1, response: { status: 400 } })
  })

  it('is left out of the next request when the refusal comes within the answer', async () => {
    const { ask, history, emulator, sent } = await afterSwitch()
    const error = { code: 'invalid_encrypted_content', message: 'No.' }
    const events = [
      { type: 'response.created', response: {} },
      { type: 'response.failed', response: { error } },
    ]
    const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
    emulator.faults.add({ endpoint: 'responses', times: 1, status: 200, body })
    expect(await ask(history)).toMatchObject({
      requests: 1,
      response: { status: 400 },
      body: { error: { code: 'invalid_encrypted_content' } },
    })
    expect(await ask(history)).toMatchObject({ requests: 1, response: { status: 200 } })
    expect(JSON.stringify(sent.at(-1)?.body['input'])).not.toContain('encrypted_content')
  })

  it('costs one request more in fifty turns, and the conversation goes on as if nothing had happened', async () => {
    const { ask, history, post, answers, sent } = await afterSwitch()
    answers(
      { type: 'reasoning', summary: 'Hm.' },
      { type: 'function_call', name: 'look', arguments: {}, callId: `call_${'x'.repeat(64)}` },
    )
    let input: unknown[] = history
    const before = sent.length
    for (let turn = 0; turn < 50; turn += 1) {
      const body = turn < 25 ? await json(await post('/responses', { ...question, input })) : (await ask(input)).body
      expect([turn, body['status']]).toEqual([turn, 'completed'])
      const output = { type: 'function_call_output', call_id: `call_${'x'.repeat(64)}`, output: `${turn}` }
      input = [...input, ...(body['output'] as JsonObject[]), output]
    }
    expect(sent.length - before).toBe(51)
    const last = sent.at(-1)?.body['input'] as JsonObject[]
    expect(last.filter(({ type }) => type === 'reasoning')).toHaveLength(24)
    expect(last.filter(({ type }) => type === 'function_call_output')).toHaveLength(49)
  })
})
