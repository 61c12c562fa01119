// Text, with tokens out of the environment.
import assert from 'node:assert/strict'
import { generateText } from 'ai'
import { createOpenAIOAuth } from 'planpass/ai-sdk'
import { emulator } from './emulated-openai.js'

const openai = createOpenAIOAuth({
  tokens: {
    accessToken: process.env.OPENAI_OAUTH_ACCESS_TOKEN!,
    refreshToken: process.env.OPENAI_OAUTH_REFRESH_TOKEN!,
    accountId: process.env.OPENAI_OAUTH_ACCOUNT_ID!,
  },
})

const result = await generateText({
  model: openai('gpt-5.3-codex'),
  prompt: 'Reply with exactly: hello',
})

assert.equal(result.text, 'hello')
assert(emulator.counters.requests.responses > 0)
