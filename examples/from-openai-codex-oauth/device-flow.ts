// A sign-in for a program without a browser.
import assert from 'node:assert/strict'
import { startOpenAIDeviceFlow, type OpenAIOAuthTokens } from 'planpass/ai-sdk'
import { emulator } from './emulated-openai.js'

const flow = await startOpenAIDeviceFlow()
const tokens: OpenAIOAuthTokens = await flow.complete()

assert.equal(flow.url, 'https://auth.openai.com/codex/device')
assert.match(flow.code, /^[A-Z0-9-]+$/)
assert(tokens.accessToken && tokens.refreshToken && tokens.idToken && tokens.accountId)
assert(tokens.expiresAt !== undefined && tokens.expiresAt > Date.now())
assert(emulator.sessions.some(({ account }) => account.accountId === tokens.accountId))
