import { describe, expect, it } from 'vitest'
import { inProcess, model, question } from './gateway-lab.js'

const usage = { inputTokens: 100, cachedTokens: 0, outputTokens: 20, reasoningTokens: 0 }
const emulator = { scenario: { answers: [{ answer: { items: [{ type: 'text' as const, text: 'Yes.' }], usage } }] } }

describe("a gateway's client", () => {
  it.each([
    [''],
    ['Bearer'],
    ['Bearer '],
    ['Bearer undefined'],
    ['Basic eDp5'],
    ['Bearer ppk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
  ])('is nobody with %j', async (authorization) => {
    const { ask, emulator: backend } = await inProcess()
    const headers = { authorization }
    for (const path of [
      '/v1/models',
      `/v1/models/${model}`,
      '/v1/responses',
      '/v1/images/edits',
      '/v1/files',
      '/metrics',
    ]) {
      const answer = await ask(path, path === '/v1/responses' ? { ...question(), headers } : { headers })
      expect(answer.status === 401 || answer.status === 404).toBe(true)
    }
    expect((await ask('/v1/responses', { ...question(), headers })).status).toBe(401)
    expect(backend.log).toEqual([])
  })

  it('is not found by guessing: a thousand keys that are nearly right use no credential', async () => {
    const { ask, key, emulator: backend } = await inProcess()
    const guesses = Array.from({ length: 1000 }, (_, index) => key.slice(0, -2) + index.toString(36).padStart(2, '0'))
    const statuses = await Promise.all(
      guesses
        .filter((guess) => guess !== key)
        .map(async (guess) => {
          return (await ask('/v1/models', { headers: { authorization: `Bearer ${guess}` } })).status
        }),
    )
    expect(new Set(statuses)).toEqual(new Set([401]))
    expect(backend.log).toEqual([])
  })

  it('may use the models of its key alone, and sees no others', async () => {
    const { ask } = await inProcess({ client: { models: [model] } })
    const { data } = (await (await ask('/v1/models')).json()) as { data: { id: string }[] }
    expect(data.map(({ id }) => id)).toEqual([model])
    expect((await ask('/v1/responses', question())).status).toBe(200)
    const other = await ask('/v1/responses', question({ model: 'gpt-6.1-terra' }))
    expect({ status: other.status, body: await other.json() }).toMatchObject({
      status: 404,
      body: { error: { code: 'model_not_found' } },
    })
    expect((await ask('/v1/models/gpt-6.1-terra')).status).toBe(404)
    // Of two members of one name the last one counts, here as at the backend.
    const twice = `{"model":"${model}","input":"Hi","model":"gpt-6.1-terra"}`
    expect((await ask('/v1/responses', { ...question(), body: twice })).status).toBe(404)
    expect((await ask('/v1/responses', question({ model: undefined }))).status).toBe(404)
  })

  it('may use its tokens of a day, and more on the next', async () => {
    const { ask, clock } = await inProcess({ emulator, client: { dailyTokens: 200 } })
    const status = async () => {
      const answer = await ask('/v1/responses', question())
      await answer.text()
      return answer.status
    }
    expect([await status(), await status(), await status()]).toEqual([200, 200, 429])
    const refused = await ask('/v1/responses', question())
    expect(await refused.json()).toMatchObject({ error: { code: 'daily_budget_spent' } })
    expect(refused.headers.get('x-should-retry')).toBe('false')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    await clock.advance(24 * 60 * 60 * 1000)
    expect(await status()).toBe(200)
  })
})
