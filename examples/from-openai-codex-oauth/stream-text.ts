// Text as it comes, with tokens that a store keeps. They are refreshed when it is time, and stored before anybody uses them.
import assert from 'node:assert/strict'
import { streamText } from 'ai'
import { createOpenAIOAuth, type TokenStore } from 'planpass/ai-sdk'
import { emulator } from './emulated-openai.js'

const secureStore = new Map<string, string>()
const { accessToken, refreshToken, idToken } = await emulator.issueTokens()
secureStore.set('openai-codex-oauth', JSON.stringify({ accessToken, refreshToken, idToken }))

const tokenStore: TokenStore = {
  async load() {
    const raw = secureStore.get('openai-codex-oauth')
    return raw ? JSON.parse(raw) : undefined
  },
  async save(tokens) {
    secureStore.set('openai-codex-oauth', JSON.stringify(tokens))
  },
}

const openai = createOpenAIOAuth({ tokenStore })

const result = streamText({
  model: openai('gpt-5.4'),
  prompt: 'Write one sentence about the moon.',
})
let text = ''
for await (const delta of result.textStream) {
  text += delta
}

assert.equal(text, 'The moon is older than every night that it has lit.')

// The backend takes the token no longer: it is refreshed, the request goes out again, and the store has the new one.
emulator.expireAccessTokens()
assert.match(await streamText({ model: openai('gpt-5.4'), prompt: 'And another.' }).text, /moon/)
assert.notEqual((await tokenStore.load())?.accessToken, accessToken)
assert.equal(emulator.counters.refresh.ok, 1)
