// What a session costs when it has nothing to do, and how long a refresh keeps people waiting when many processes want it at once.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSession } from '../dist/core/index.js'
import { createFileStore } from '../dist/stores/file.js'
import { judge, measureRounds, spreadOf, warmUpRounds } from './measure.mjs'
import { signIn } from './signed-in.mjs'
import { startFleet } from './storm.mjs'

const callsPerBatch = 1000
const batchesPerRound = 6
const mostMicroseconds = 2
const processes = 8

export async function benchHotPath(rounds) {
  return [...(await benchAccessToken(rounds * batchesPerRound)), ...(await benchAcquiring(rounds))]
}

async function benchAccessToken(batches) {
  const folder = await mkdtemp(join(tmpdir(), 'planpass-bench-'))
  try {
    const { session, countLooks } = await openSession(join(folder, 'auth.json'))
    const samples = await measureRounds(
      {
        'session.accessToken()': () => callInTurn(() => session.accessToken()),
        'an async function that does nothing': () => callInTurn(async () => undefined),
      },
      batches,
    )
    const rows = Object.entries(samples).map(([name, times]) => ({ name, unit: 'µs', measured: perCall(times) }))
    const [accessToken, nothing] = rows
    return [
      { ...accessToken, ...judge(accessToken.measured.median, mostMicroseconds) },
      nothing,
      { name: 'looks at the file in 1000 calls', unit: '', measured: { median: await countLooks() } },
    ]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A session over a file, and a count of how often it looks at that file in a batch of calls. */
async function openSession(path) {
  const { provider, credential } = await signIn()
  const store = createFileStore(path)
  await store.update(async () => ({ write: credential, result: undefined }))
  let looks = 0
  const counted = (look) => () => {
    looks += 1
    return look()
  }
  const watched = { ...store, read: counted(() => store.read()), revision: counted(() => store.revision()) }
  const session = createSession({ store: watched, provider })
  const countLooks = async () => {
    await session.accessToken()
    looks = 0
    await callInTurn(() => session.accessToken())
    return looks
  }
  return { session, countLooks }
}

async function callInTurn(call) {
  for (let called = 0; called < callsPerBatch; called += 1) await call()
}

const perCall = (times) => spreadOf(times.map((ms) => (ms * 1000) / callsPerBatch))

async function benchAcquiring(rounds) {
  const alone = spreadOf(await acquire(1, rounds))
  const together = spreadOf(await acquire(processes, rounds))
  const name = `due in ${processes} processes at once`
  return [
    { name: 'due in one process, median', unit: 'ms', measured: { median: alone.median } },
    { name: 'due in one process, p99', unit: 'ms', measured: { median: alone.p99 } },
    ...['median', 'p99'].map((part) => ({
      name: `${name}, ${part}`,
      unit: 'ms',
      measured: { median: together[part] },
      against: `one process, ${part}`,
      ratio: { median: together[part] / alone[part] },
    })),
  ]
}

/** How long each process waits for its answer, each time the access token has ended: one of them refreshes, the others follow. */
async function acquire(size, rounds) {
  const fleet = await startFleet('planpass', { processes: size, reuse: 'strict', delayMs: 0 })
  try {
    await fleet.signIn()
    const waits = []
    for (let round = -warmUpRounds; round < rounds; round += 1) {
      fleet.expire()
      const outcomes = await fleet.use(1)
      const failures = outcomes.flatMap((outcome) => outcome.failures)
      if (failures.length > 0) throw new Error(`A process got no answer: ${failures[0]}`)
      if (round >= 0) waits.push(...outcomes.map(({ tookMs }) => tookMs))
    }
    return waits
  } finally {
    await fleet.stop()
  }
}
