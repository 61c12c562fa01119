// A sign-in in a secret manager, shared by workers that have no file system in common.
//
// Any store will do that can swap a value for another one if nobody was faster: a KV with versions, a row with a counter, a secret manager
// with etags. Here it is a Map, and OpenAI is the emulator, so that this runs anywhere: npx vitest run test/examples
import assert from 'node:assert/strict'
import { createCodexProvider, createSession, parseAuthFile } from 'planpass'
import { createCasStore, type CasCell } from 'planpass/stores/cas'
import { createEmulator, createFakeClock } from 'planpass/testing'

/** What you write for your secret manager: two calls. */
function createSecret(entries: Map<string, { value: string; version: number }>, name: string): CasCell {
  return {
    async get() {
      const entry = entries.get(name)
      return entry && { value: entry.value, version: String(entry.version) }
    },
    async set(value, expectedVersion) {
      const version = entries.get(name)?.version
      if ((version === undefined ? undefined : String(version)) !== expectedVersion) return false
      entries.set(name, { value, version: (version ?? 0) + 1 })
      return true
    },
  }
}

const clock = createFakeClock()
const emulator = createEmulator({ clock, reuse: 'strict' })
const provider = createCodexProvider({ issuer: emulator.issuer, backendUrl: emulator.backendUrl })
const secrets = new Map<string, { value: string; version: number }>()
const openStore = () => createCasStore(createSecret(secrets, 'chatgpt'), { name: 'the secret `chatgpt`' })

// Once, by a person: `planpass login`, and the auth.json goes into the secret.
const credential = parseAuthFile(await signInSomebody())
assert(credential?.mode === 'chatgpt')
await openStore().update(async () => ({ write: credential, result: undefined }))

// Five workers, each with a store and a session of its own.
const workers = Array.from({ length: 5 }, () =>
  createSession({ store: openStore(), provider, clock, fetch: emulator.fetch }),
)

// The access token ends, and all of them want the next one at once. The refresh token is good for one use.
await clock.advance(56 * 60_000)
const tokens = await Promise.all(workers.map((worker) => worker.accessToken()))

export const outcome = {
  refreshes: emulator.counters.refresh.ok,
  reused: emulator.counters.refresh.reused,
  differentTokens: new Set(tokens.map((token) => token.reveal())).size,
}
assert.deepEqual(outcome, { refreshes: 1, reused: 0, differentTokens: 1 })

// A worker that starts tomorrow finds the rotated sign-in in the secret.
const late = createSession({ store: openStore(), provider, clock, fetch: emulator.fetch })
assert((await late.accessToken()).equals(tokens[0]))

async function signInSomebody(): Promise<string> {
  const { idToken, accessToken, refreshToken, account } = await emulator.issueTokens()
  const three = { id_token: idToken, access_token: accessToken, refresh_token: refreshToken }
  return JSON.stringify({ auth_mode: 'chatgpt', tokens: { ...three, account_id: account.accountId } })
}
