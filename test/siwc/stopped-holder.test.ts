import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { isUnverified, readStored, startStrictIssuer } from '../processes/signed-in-profile.js'
import { listSteps, stopAt, type StoreOptions } from '../processes/stopped-worker.js'
import { describeOutcome } from '../processes/workers.js'

/** Between rotation and verification, and with the verified token ready to be put in place. */
const steps = ['ask for jwks.json', 'rename .auth.json-…']

it('writes nothing over what another process has refreshed while it stood still in its verification', async () => {
  const issuer = await startStrictIssuer('siwc')
  const storeOptions: StoreOptions = { lock: 'lease', leaseMs: 1000 }
  const all = await listSteps(issuer, storeOptions)
  await Promise.all(
    steps.map(async (step) => {
      const { profile, wakeUp, other } = await stopAt(all.lastIndexOf(step) + 1, issuer, storeOptions)
      expect(describeOutcome(await other.refresh())).toBe('refreshed')
      const stored = await readFile(profile.path, 'utf8')
      await wakeUp()
      expect(await readFile(profile.path, 'utf8')).toBe(stored)
      expect(isUnverified(readStored(stored))).toBe(false)
      expect(await other.use()).toMatchObject({ status: 200 })
    }),
  )
  expect(issuer.emulator.counters.refresh).toMatchObject({ ok: 5, reused: 0, revoked: 0 })
})
