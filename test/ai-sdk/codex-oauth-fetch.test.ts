import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createCodexOAuthFetch, createOpenAIOAuth } from '../../src/ai-sdk/index.js'
import { NoSuchModelError } from '../../src/ai-sdk/no-such-model.js'
import { caught, caughtCode } from '../support/caught.js'
import { planLab } from '../support/plan-lab.js'

const model = 'gpt-6.1-sol'

async function fetching() {
  const lab = await planLab()
  const fetch = createCodexOAuthFetch({ ...lab.place, tokens: lab.tokens })
  const post = (path: string, body: object) =>
    fetch(`https://api.openai.com/v1${path}`, { method: 'POST', body: JSON.stringify(body) })
  return { ...lab, fetch, post }
}

describe('a fetch that signs for a plan', () => {
  it('answers what is meant for the public API, at whatever base', async () => {
    const { post, fetch } = await fetching()
    const response = await post('/responses', { model, input: 'Hello' })
    expect(await response.json()).toMatchObject({ object: 'response', status: 'completed' })
    const models = await fetch('http://localhost:9/v1/models')
    expect(await models.json()).toMatchObject({ object: 'list' })
  })

  it('lets nothing else out', async () => {
    const { fetch, emulator } = await fetching()
    for (const path of ['/embeddings', '/files', '/../admin']) {
      expect((await fetch(`https://api.openai.com/v1${path}`)).status).toBe(404)
    }
    expect(emulator.log).toEqual([])
  })

  it('refuses at once to have responses stored', async () => {
    const { place, tokens } = await planLab()
    const code = await caughtCode(() => createCodexOAuthFetch({ ...place, tokens, store: true }))
    expect(code).toBe('ERR_UPSTREAM_UNSUPPORTED_FIELD')
  })

  it('shows no token when it is looked at, and none in what it answers', async () => {
    const { place, tokens, emulator } = await planLab()
    const openai = createOpenAIOAuth({ ...place, tokens })
    const fetch = createCodexOAuthFetch({ ...place, tokens })
    emulator.expireAccessTokens()
    emulator.expireRefreshTokens()
    const refused = await fetch('https://api.openai.com/v1/responses', {
      method: 'POST',
      body: JSON.stringify({ model, input: 'Hello' }),
    })
    const shown = [inspect(openai(model), { depth: 9 }), inspect(openai, { depth: 9 }), await refused.text()].join('\n')
    for (const secret of [tokens.accessToken, tokens.refreshToken ?? '']) {
      expect(shown).not.toContain(secret.slice(-24))
    }
  })
})

describe('a model that a plan does not have', () => {
  it('is an error that names it', async () => {
    const error = await caught(() => {
      throw new NoSuchModelError('text-embedding-3', 'embeddingModel')
    })
    expect(error).toMatchObject({
      name: 'AI_NoSuchModelError',
      modelId: 'text-embedding-3',
      modelType: 'embeddingModel',
      message: expect.stringContaining('language models alone'),
    })
  })
})
