import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { lookIntoJournal } from './crash-rows.js'
import { printTable } from './print-table.js'
import { startStrictIssuer } from './signed-in-profile.js'
import { listSteps, stopAt, type StoreOptions } from './stopped-worker.js'
import { describeOutcome } from './workers.js'

/** Each is looked for from the end: some are taken twice, and the last time is the one with the new token. */
const steps = [
  'open .auth.json-…',
  'rename .auth.json.planpass-journal-…',
  'send the refresh token',
  'read the answer',
  'write .auth.json-…',
  'sync .auth.json-…',
  'rename .auth.json-…',
  'unlink auth.json.planpass-journal',
]

/** A lease cannot follow a token onto the wire: from the last look at the lock until the answer is in a file, two may send the same one. */
const unprotectedSteps = ['send the refresh token', 'read the answer', 'write .auth.json-…']

it('keeps the lock of a process that stands still: others wait, nobody spends its token, and it finishes', async () => {
  const issuer = await startStrictIssuer()
  const storeOptions: StoreOptions = { lock: 'kernel', lockWaitMs: 100 }
  const all = await listSteps(issuer, storeOptions)
  await Promise.all(
    steps.map(async (step) => {
      const { wakeUp, other } = await stopAt(all.lastIndexOf(step) + 1, issuer, storeOptions)
      expect(describeOutcome(await other.refresh())).toBe('ERR_STORE_LOCKED')
      expect(describeOutcome(await wakeUp())).toBe('refreshed')
      expect(describeOutcome(await other.refresh())).toBe('refreshed')
    }),
  )
  expect(issuer.emulator.counters.refresh).toMatchObject({ reused: 0, revoked: 0 })
})

it('takes a lease over from a process that stands still, which then writes nothing over what came since', async () => {
  const issuer = await startStrictIssuer()
  const storeOptions: StoreOptions = { lock: 'lease', leaseMs: 1000 }
  const all = await listSteps(issuer, storeOptions)
  const rows = await Promise.all(
    steps.map(async (step) => {
      const { profile, wakeUp, other } = await stopAt(all.lastIndexOf(step) + 1, issuer, storeOptions)
      const otherOutcome = await other.refresh()
      const stored = await readFile(profile.path, 'utf8')
      const sleeperOutcome = await wakeUp()
      expect(await readFile(profile.path, 'utf8')).toBe(stored)
      return {
        stoodStillBefore: step,
        other: describeOutcome(otherOutcome),
        sleeper: describeOutcome(sleeperOutcome),
        journal: await lookIntoJournal(profile),
        session: issuer.emulator.sessions.find(({ id }) => id === profile.sessionId)?.state,
      }
    }),
  )
  printTable('A process stands still past its lease right before a step, another refreshes, the first goes on:', rows)
  const lost = rows.filter(({ session }) => session === 'revoked')
  expect(lost.map(({ stoodStillBefore }) => stoodStillBefore)).toEqual(unprotectedSteps)
  expect(rows.filter(({ journal }) => journal === 'names it')).toEqual(lost)
})
