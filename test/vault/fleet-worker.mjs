/**
 * One machine of a fleet: opens the vault over the built package, and resolves each user it is given, as requests for them would.
 *
 * In: one `{ open }`, then `{ users }`. Out: `{ ready }`, then `{ tokens }`: the digest of each user's access token.
 */
import { createHash } from 'node:crypto'
import { Pool } from 'pg'
import { createCodexProvider, Secret } from '../../dist/core/index.js'
import { createLocalKeys, createPgDriver, openVault } from '../../dist/vault/index.js'

const digest = (secret) => createHash('sha256').update(secret.reveal()).digest('hex').slice(0, 16)

/** Another time than the others have. */
const skewedClock = (skewMs) => ({
  now: () => Date.now() + skewMs,
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const timer = setTimeout(resolve, milliseconds)
      signal?.addEventListener('abort', () => reject(signal.reason, clearTimeout(timer)), { once: true })
    }),
})

/** Dies now and then with the token announced and not yet sent; never with a token on the wire, which nobody can bring back. */
const mortalFetch = (deathRate) => async (input, init) => {
  if (Math.random() < deathRate) process.kill(process.pid, 'SIGKILL')
  return fetch(input, init)
}

function open({ connection, keyText, issuer, backendUrl, skewMs, deathRate, graceMs, leaseMs }) {
  const pool = new Pool({ ...connection, max: 5, connectionTimeoutMillis: 2000 })
  return openVault({
    driver: createPgDriver(pool, { statementTimeoutMs: 2000 }),
    keys: createLocalKeys(new Secret(keyText)),
    provider: createCodexProvider({ issuer, backendUrl }),
    fetch: mortalFetch(deathRate),
    clock: skewedClock(skewMs),
    graceMs,
    leaseMs,
    databasePatienceMs: 20_000,
  })
}

let vault
let concurrency = 1

async function resolveAll(users) {
  const tokens = {}
  const waiting = [...users]
  const resolveNext = async () => {
    for (let user = waiting.pop(); user !== undefined; user = waiting.pop()) {
      tokens[user] = await vault
        .session({ tenant: 'acme', user })
        .credential()
        .then(({ accessToken }) => digest(accessToken))
        .catch((error) => `${error.code} ${error.message}`)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, resolveNext))
  return tokens
}

async function obey(message) {
  if (message.users) return { tokens: await resolveAll(message.users) }
  vault = await open(message.open)
  concurrency = message.open.concurrency
  return { ready: true }
}

process.on('message', (message) => void obey(message).then((answer) => process.send(answer)))
process.on('disconnect', () => process.exit())
