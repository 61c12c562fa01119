// A program that runs Codex inside it, with a sign-in of its own: the child gets access tokens, asks for another when it is refused, and keeps none.
//
// Here OpenAI is the emulator and the sign-in is made up, so that this runs anywhere: npx vitest run test/examples
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { createCodexProvider, createMemoryStore, createSession, parseAuthFile } from 'planpass'
import { collectTurn, connectAppServer } from 'planpass/app-server'
import { createEmulator, writeCaFile, type Emulator, type EmulatorListener } from 'planpass/testing'

/** What `planpass login` would have left behind; see the file store, the keyring and the encrypted file for where it can lie. */
async function signIn(emulator: Emulator, { issuer }: EmulatorListener) {
  const { idToken, accessToken, refreshToken, account } = await emulator.issueTokens()
  const provider = createCodexProvider({ issuer })
  const tokens = {
    id_token: idToken,
    access_token: accessToken,
    refresh_token: refreshToken,
    account_id: account.accountId,
    oauth_provenance: { issuer, client_id: provider.clientId },
  }
  const credential = parseAuthFile(JSON.stringify({ tokens, last_refresh: new Date().toISOString() }))
  return createSession({ store: createMemoryStore(credential), provider })
}

/** A home for the child that knows the emulator; with OpenAI itself, the person's own would do. */
async function createHome(folder: string, { tls }: EmulatorListener) {
  assert(tls)
  const caFile = join(folder, 'ca.pem')
  await writeCaFile(caFile, tls.caPem)
  const urls = `chatgpt_base_url = "${tls.backendUrl}"\nopenai_base_url = "${tls.backendUrl}/codex"\n`
  await writeFile(join(folder, 'config.toml'), `${urls}[features]\napps = false\nplugins = false\n`)
  return {
    CODEX_HOME: folder,
    HOME: folder,
    CODEX_CA_CERTIFICATE: caFile,
    HTTPS_PROXY: 'http://127.0.0.1:1',
    NO_PROXY: '127.0.0.1',
  }
}

const emulator = createEmulator({ reuse: 'strict' })
const listener = await emulator.listen({ tls: true })
const folder = await mkdtemp(join(tmpdir(), 'host-codex-'))
const session = await signIn(emulator, listener)
const codex = createRequire(import.meta.url).resolve('@openai/codex/bin/codex.js')

const server = await connectAppServer({
  transport: { kind: 'stdio', command: process.execPath, args: [codex, 'app-server'] },
  client: { name: 'host-codex-example', version: '1.0.0' },
  cwd: folder,
  environment: {
    ...(await createHome(folder, listener)),
    PATH: ['/usr/bin', '/bin', dirname(process.execPath)].join(delimiter),
  },
  experimentalApi: true,
  oauth: { storage: 'memory', session },
})
const thread = await server.startThread({ sandbox: 'read-only' })

// A turn, event by event.
let streamed = ''
for await (const { method, params } of await thread.startTurn('say hi')) {
  if (method === 'item/agentMessage/delta') streamed += params.delta
}
assert.equal(streamed, 'You said: say hi')

// The backend refuses the token: the child asks for another, and the turn goes on.
emulator.expireAccessTokens()
const { status, text } = await collectTurn(await thread.startTurn('say it again'))
assert.deepEqual({ status, text }, { status: 'completed', text: 'You said: say it again' })

const { rateLimits } = await server.account.rateLimits()
await server.close()
await listener.close()
await rm(folder, { recursive: true })

/** For the test of this example. */
export const outcome = {
  streamed,
  refreshes: emulator.counters.refresh.ok,
  usedPercent: rateLimits.primary?.usedPercent,
}
assert.deepEqual(outcome, { streamed: 'You said: say hi', refreshes: 1, usedPercent: 20 })
