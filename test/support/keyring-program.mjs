// What a program does with the real keyring, as a process of its own: node keyring-program.mjs <store> <action> <folder>.
// Prints one JSON document.
import { join } from 'node:path'
import { isAuthError, parseAuthFile } from 'planpass'
import { createEncryptedFileStore, createSourceKey } from 'planpass/stores/encrypted-file'
import { createKeyringKeySource, createKeyringStore } from 'planpass/stores/keyring'
import { credentialStoreConformance } from 'planpass/testing'

const [store, action, folder] = process.argv.slice(2)
let entries = 0

const jwt = `e30.${Buffer.from('{"email":"ada@example.test"}').toString('base64url')}.c2ln`
const tokens = { id_token: jwt, access_token: jwt, refresh_token: 'refresh-token-first', account_id: 'account-ada' }
const credential = parseAuthFile(JSON.stringify({ auth_mode: 'chatgpt', tokens }))

const makers = {
  keyring: (account) => createKeyringStore({ service: 'planpass-test', account, folder: join(folder, account) }),
  'encrypted-file': (account) => {
    const source = createKeyringKeySource({ service: 'planpass-test', account })
    return createEncryptedFileStore(join(folder, account, 'auth.json'), createSourceKey(source))
  },
}
const open = makers[store]

const actions = {
  read: async () => ((await open('default').read()) ? 'something' : 'nothing'),
  write: () => open('default').update(async () => ({ write: credential, result: 'written' })),
  remove: () => open('default').update(async () => ({ remove: true, result: 'removed' })),
  conformance: async () => {
    const failures = []
    const cases = credentialStoreConformance.filter(({ needsPlant }) => !needsPlant)
    for (const { name, run } of cases) {
      await run(makeStore).catch((error) => failures.push(`${name}: ${error.stack}`))
    }
    return { ran: cases.length, failures }
  },
}

async function makeStore() {
  entries += 1
  const account = `${store}-${entries}`
  return { store: open(account), reopen: async () => open(account), dispose: async () => {} }
}

const startMs = performance.now()
const outcome = await actions[action]().then(
  (result) => ({ result }),
  (error) => ({ code: isAuthError(error) ? error.code : 'not ours', message: error.message }),
)
process.stdout.write(JSON.stringify({ ...outcome, tookMs: performance.now() - startMs }))
