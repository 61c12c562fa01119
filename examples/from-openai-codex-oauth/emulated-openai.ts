// No part of the programs beside it, which know nothing of it: it stands in for OpenAI.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmulator, defaultModels, defaultScenario, type Prompt } from 'planpass/testing'

const [someModel] = defaultModels
assert(someModel)

/** Device codes are approved at once; whatever origin is asked, the emulator answers. */
export const emulator = createEmulator({
  autoApprove: true,
  scenario: {
    ...defaultScenario,
    models: ['gpt-5.3-codex', 'gpt-5.4'].map((slug) => ({ ...someModel, slug })),
    answers: [{ answer: (prompt) => ({ items: [{ type: 'text', text: reply(prompt) }] }) }],
  },
})

function reply({ text }: Prompt): string {
  return /^Reply with exactly: (.*)$/.exec(text)?.[1] ?? 'The moon is older than every night that it has lit.'
}

const { fetch } = globalThis
globalThis.fetch = emulator.fetch

/** A sign-in whose tokens are where each program looks for them. */
const { accessToken, refreshToken, idToken, account } = await emulator.issueTokens()
const codexHome = await mkdtemp(join(tmpdir(), 'planpass-example-'))
const tokens = {
  access_token: accessToken,
  refresh_token: refreshToken,
  id_token: idToken,
  account_id: account.accountId,
}
await writeFile(join(codexHome, 'auth.json'), JSON.stringify({ auth_mode: 'chatgpt', tokens }), { mode: 0o600 })
export const authFile = join(codexHome, 'auth.json')
Object.assign(process.env, {
  OPENAI_OAUTH_ACCESS_TOKEN: accessToken,
  OPENAI_OAUTH_REFRESH_TOKEN: refreshToken,
  OPENAI_OAUTH_ACCOUNT_ID: account.accountId,
  CODEX_HOME: codexHome,
})

/** Everything as it was. */
export async function close(): Promise<void> {
  globalThis.fetch = fetch
  await rm(codexHome, { recursive: true, force: true })
}
