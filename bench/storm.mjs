// Processes that share one sign-in, and what becomes of it when its access token ends, over and over.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../dist/core/index.js'
import { createEmulator } from '../dist/testing/index.js'
import { startContender } from './contender-process.mjs'

const hourMs = 60 * 60_000
/** What a token request takes over the internet, more or less. Without it the fastest would be done before the others have begun. */
const issuerDelayMs = 100

/**
 * A sign-in of a contender's on a new issuer, used by many processes.
 *
 * @param {string} contender
 * @param {{ processes: number, reuse: 'strict' | 'soft', delayMs?: number }} options
 */
export async function startFleet(contender, { processes, reuse, delayMs = issuerDelayMs }) {
  const folder = await mkdtemp(join(tmpdir(), 'planpass-storm-'))
  let aheadMs = 0
  const clock = { ...systemClock, now: () => Date.now() + aheadMs }
  const emulator = createEmulator({ clock, reuse })
  const listener = await emulator.listen()
  if (delayMs > 0) emulator.faults.add({ endpoint: 'token', delayMs })
  const { issuer, backendUrl } = listener
  const place = { path: join(folder, 'auth.json'), issuer, backendUrl }
  const url = `${backendUrl}/codex/models?client_version=1.0.0`
  const [visitor, ...workers] = Array.from({ length: processes + 1 }, () => startContender(contender, place, clock))
  const use = (requests) => Promise.all(workers.map((worker) => worker.use(url, requests)))

  return {
    /** Somebody signs in; all programs are started again, and each makes a request. */
    async signIn() {
      const { idToken, accessToken, refreshToken } = await emulator.issueTokens(undefined, { issuer })
      await rm(place.path, { force: true })
      await visitor.signIn({ idToken, accessToken, refreshToken })
      await Promise.all(workers.map((worker) => worker.open()))
      await use(1)
    },
    /** An hour goes by: the access token of every contender is due, by its own `exp`. */
    expire() {
      aheadMs += hourMs
    },
    use,
    /** Whether a program that is started now gets an answer. */
    async isSignedIn() {
      await visitor.open()
      const { failures } = await visitor.use(url, 1)
      return failures.length === 0
    },
    /** What the issuer has counted since it was asked the last time. */
    takeCounts() {
      const { refresh } = emulator.counters
      emulator.clearLog()
      const sent = Object.values(refresh).reduce((sum, count) => sum + count, 0)
      return { sent, refused: sent - refresh.ok }
    },
    async stop() {
      await Promise.all([visitor, ...workers].map((worker) => worker.stop()))
      await listener.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/**
 * Counts what becomes of a sign-in that expires, over and over. One that is lost is replaced, and everybody begins anew.
 *
 * @param {string} contender
 * @param {{ processes: number, reuse: 'strict' | 'soft', expiries: number, requests: number }} storm
 */
export async function countStorm(contender, { processes, reuse, expiries, requests }) {
  const fleet = await startFleet(contender, { processes, reuse })
  const reasons = new Set()
  const totals = { asked: processes * requests * expiries, failed: 0, sent: 0, refused: 0, lost: 0 }
  try {
    await fleet.signIn()
    for (let expiry = 0; expiry < expiries; expiry += 1) {
      fleet.expire()
      fleet.takeCounts()
      const outcomes = await fleet.use(requests)
      const { sent, refused } = fleet.takeCounts()
      totals.sent += sent
      totals.refused += refused
      const failures = outcomes.flatMap((outcome) => outcome.failures)
      totals.failed += failures.length
      for (const failure of failures) reasons.add(failure)
      if (await fleet.isSignedIn()) continue
      totals.lost += 1
      await fleet.signIn()
    }
    return { ...totals, reasons: [...reasons] }
  } finally {
    await fleet.stop()
  }
}
