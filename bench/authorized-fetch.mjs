// What a session costs a request: `session.fetch` and plain `fetch` on one loopback server, over connections kept alive.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createMemoryStore, createSession } from '../dist/core/index.js'
import { compare, measureRounds } from './measure.mjs'
import { signIn } from './signed-in.mjs'

/** Short, so that both sides of a ratio see the same machine; many, because one request is too short to compare. */
const requestsPerBatch = 40
/** Batches are cheap: several of them a round make the median steady. */
const batchesPerRound = 6
const aim = 1.03

export async function benchAuthorizedFetch(rounds) {
  const server = fork(join(import.meta.dirname, 'json-server.mjs'))
  const ended = once(server, 'exit')
  try {
    const [port] = await once(server, 'message')
    const ways = await waysToFetch(`http://127.0.0.1:${port}`)
    const rows = []
    for (const concurrency of [1, 8]) rows.push(...(await measureAt(concurrency, ways, rounds)))
    return rows
  } finally {
    server.kill()
    await ended
  }
}

async function waysToFetch(origin) {
  const { provider, credential } = await signIn(origin)
  const session = createSession({ store: createMemoryStore(credential), provider })
  const headers = {
    authorization: `Bearer ${credential.accessToken.reveal()}`,
    'chatgpt-account-id': credential.accountId,
    originator: session.identity.originator,
    'user-agent': session.identity.userAgent,
  }
  const url = `${provider.backendUrl}/codex/models`
  return {
    fetch: () => fetch(url),
    'fetch, again': () => fetch(url),
    'fetch, same headers': () => fetch(url, { headers }),
    'session.fetch': () => session.fetch(url),
  }
}

async function measureAt(concurrency, ways, rounds) {
  const batches = Object.entries(ways).map(([name, send]) => [name, () => sendBatch(send, concurrency)])
  const samples = perRequest(await measureRounds(Object.fromEntries(batches), rounds * batchesPerRound))
  return [
    compare(samples, { name: 'session.fetch', against: 'fetch, same headers', aim }),
    compare(samples, { name: 'session.fetch', against: 'fetch', aim }),
    compare(samples, { name: 'fetch, same headers', against: 'fetch' }),
    compare(samples, { name: 'fetch, again', against: 'fetch' }),
  ].map((row) => ({ ...row, name: `${row.name}, ${concurrency} at a time` }))
}

function perRequest(samples) {
  const divided = Object.entries(samples).map(([name, times]) => [name, times.map((ms) => ms / requestsPerBatch)])
  return Object.fromEntries(divided)
}

/** As many requests, however many of them are under way at a time. */
async function sendBatch(send, concurrency) {
  const sendInTurn = async () => {
    for (let sent = 0; sent < requestsPerBatch / concurrency; sent += 1) {
      const response = await send()
      await response.json()
    }
  }
  await Promise.all(Array.from({ length: concurrency }, sendInTurn))
}
