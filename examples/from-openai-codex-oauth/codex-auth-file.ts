// The sign-in of the Codex CLI. Borrowed: its file is read, and never written.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { generateText } from 'ai'
import { createOpenAIOAuth } from 'planpass/ai-sdk'
import { createCodexAuthFileStore } from 'planpass/node'
import { authFile } from './emulated-openai.js'

const before = await readFile(authFile, 'utf8')

const openai = createOpenAIOAuth({
  tokenStore: createCodexAuthFileStore(),
})

const { text } = await generateText({ model: openai('gpt-5.4'), prompt: 'Reply with exactly: borrowed' })

assert.equal(text, 'borrowed')
assert.equal(await readFile(authFile, 'utf8'), before)
