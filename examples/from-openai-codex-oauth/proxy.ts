// The route of a server through which pages reach the backend.
import assert from 'node:assert/strict'
import { createOpenAIOAuthProxy } from 'planpass/proxy'
import { emulator } from './emulated-openai.js'

const proxy = createOpenAIOAuthProxy()

export const responses = proxy.responses

const ask = (headers: Record<string, string>) =>
  responses(
    new Request('https://app.example/api/proxy/openai/codex/responses', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model: 'gpt-5.4', input: 'Reply with exactly: hello', stream: true }),
    }),
  )

assert.equal((await ask({})).status, 401)

const answer = await ask({
  authorization: `Bearer ${process.env.OPENAI_OAUTH_ACCESS_TOKEN}`,
  'chatgpt-account-id': process.env.OPENAI_OAUTH_ACCOUNT_ID ?? '',
})
assert.equal(answer.status, 200)
assert.equal(answer.headers.get('cache-control'), 'no-store')
assert.match(await answer.text(), /"text":"hello"/)
assert(emulator.counters.requests.responses > 0)
