import { describe, expect, it } from 'vitest'
import { createApiKey, createGateway, createKeyRing, digestKey } from '../../src/gateway/index.js'
import { twoAccounts } from '../support/plan-lab.js'
import { credentialFrom, signedIn } from '../support/signed-in.js'
import { eventsOf, inProcess, model, origin, question } from './gateway-lab.js'

const usage = { inputTokens: 100, cachedTokens: 80, outputTokens: 20, reasoningTokens: 5 }
const answers = [{ answer: { items: [{ type: 'text' as const, text: 'Yes.' }], usage } }]

describe('a gateway', () => {
  it('answers a Responses request, whole and as a stream', async () => {
    const { ask } = await inProcess()
    const whole = await ask('/v1/responses', question())
    expect(whole.status).toBe(200)
    expect(await whole.json()).toMatchObject({ object: 'response', status: 'completed' })
    const events = await eventsOf(await ask('/v1/responses', question({ stream: true })))
    expect(events.at(-1)).toMatchObject({ type: 'response.completed' })
  })

  it('answers Chat Completions, whole and as a stream', async () => {
    const { ask } = await inProcess()
    const chat = question({ input: undefined, messages: [{ role: 'user', content: 'Hello' }] })
    expect(await (await ask('/v1/chat/completions', chat)).json()).toMatchObject({
      choices: [{ message: { content: 'You said: Hello' } }],
    })
    const streamed = question({ input: undefined, messages: [{ role: 'user', content: 'Hello' }], stream: true })
    const text = await (await ask('/v1/chat/completions', streamed)).text()
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true)
  })

  it('lists the models, and finds one', async () => {
    const { ask } = await inProcess()
    expect(await (await ask('/v1/models')).json()).toMatchObject({ object: 'list' })
    expect(await (await ask(`/v1/models/${model}`)).json()).toMatchObject({ id: model })
    expect((await ask('/v1/models/nothing')).status).toBe(404)
    expect((await ask('/v1/models/%zz')).status).toBe(404)
  })

  it('says which fields it left out', async () => {
    const { ask } = await inProcess()
    const answer = await ask('/v1/responses', question({ temperature: 0.5, metadata: {} }))
    expect(answer.headers.get('x-planpass-dropped')).toContain('temperature')
  })

  it('says plainly that a plan has no images API', async () => {
    const { ask, emulator } = await inProcess()
    const answer = await ask('/v1/images/generations', question())
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({
      error: { code: 'unknown_url', message: expect.stringContaining('images') },
    })
    expect(emulator.log).toEqual([])
  })

  it('counts tokens, cached ones and reasoning too, by client and by model', async () => {
    const { gateway, ask } = await inProcess({ emulator: { scenario: { answers } } })
    await (await ask('/v1/responses', question())).text()
    await (await ask('/v1/responses', question({ stream: true }))).text()
    await (
      await ask(
        '/v1/chat/completions',
        question({ input: undefined, stream: true, messages: [{ role: 'user', content: 'Hi' }] }),
      )
    ).text()
    const text = await (await ask('/metrics')).text()
    for (const [kind, value] of [
      ['input', 300],
      ['cached', 240],
      ['output', 60],
      ['reasoning', 15],
    ]) {
      expect(text).toContain(`planpass_gateway_tokens_total{kind="${kind}"} ${value}\n`)
    }
    expect(text).toContain('planpass_gateway_requests_total{path="/v1/responses",status="200",state="done"} 2\n')
    expect(gateway.running).toBe(0)
  })

  it('tells that it is well, without a key', async () => {
    const { ask, gateway } = await inProcess()
    const anybody = { headers: { authorization: '' } }
    expect(await (await ask('/healthz', anybody)).json()).toEqual({ status: 'ok' })
    gateway.drain()
    expect((await ask('/healthz', anybody)).status).toBe(503)
    expect((await ask('/v1/models')).headers.get('retry-after')).toBe('2')
  })
})

describe('the log of a gateway', () => {
  it('takes an answer for done once its last event is out, whatever its client does then', async () => {
    const states: string[] = []
    const { ask } = await inProcess({ onRequest: ({ state }) => states.push(state) })
    const reader = (await ask('/v1/responses', question({ stream: true }))).body?.getReader()
    const decoder = new TextDecoder()
    for (let text = ''; !text.includes('event: response.completed');)
      text += decoder.decode((await reader?.read())?.value)
    await reader?.cancel()
    expect(states).toEqual(['done'])
  })
})

describe('a gateway whose person has signed in as somebody else', () => {
  it('says so once, and then answers with their plan', async () => {
    const lab = await signedIn({ accounts: twoAccounts })
    const key = createApiKey().reveal()
    const keys = createKeyRing(async () => [{ name: 'tests', createdAtMs: 0, digest: digestKey(key) }])
    const open = (name: string) => ({ name, session: lab.openSession() })
    const profiles = { first: 'default', names: async () => ['default'], open }
    const gateway = createGateway({ origin, profiles, keys, clock: lab.clock })
    const ask = async () => {
      const headers = { ...question().headers, authorization: `Bearer ${key}` }
      const answer = await gateway.fetch(new Request(`${origin}/v1/responses`, { ...question(), headers }))
      await answer.text()
      return answer.headers.get('x-planpass-code') ?? answer.status
    }
    expect(await ask()).toBe(200)
    const other = await credentialFrom(lab.emulator, twoAccounts[1])
    await lab.store.update(async () => ({ write: other, result: undefined }))
    await lab.clock.advance(2000)
    expect([await ask(), await ask()]).toEqual(['ERR_TOKEN_ACCOUNT_MISMATCH', 200])
  })
})
