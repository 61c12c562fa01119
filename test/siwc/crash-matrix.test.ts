import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { assertSurvivesEachKill } from '../processes/crash-rows.js'
import { isUnverified, readStored, signInTo, startStrictIssuer } from '../processes/signed-in-profile.js'
import { describeOutcome, startWorker } from '../processes/workers.js'

it('loses no session to a kill at any step of a refresh and its verification, but for the instant that the journal names', async () => {
  const rows = await assertSurvivesEachKill('siwc')
  const between = rows.filter(({ stored }) => stored === 'unverified')
  expect(between.length).toBeGreaterThan(10)
  expect(new Set(between.map(({ nextProcess }) => nextProcess))).toEqual(new Set(['refreshed']))
}, 120_000)

it('leaves what was killed between rotation and verification for the next process to verify, which spends no second token', async () => {
  const issuer = await startStrictIssuer('siwc')
  const profile = await signInTo(issuer)
  const [first, next] = await Promise.all([
    startWorker(profile, { point: { step: 'ask for jwks.json', signal: 'SIGKILL' } }),
    startWorker(profile),
  ])
  const stored = async () => readStored(await readFile(profile.path, 'utf8'))

  expect(describeOutcome(await first.refresh())).toBe('died')
  expect(isUnverified(await stored())).toBe(true)
  expect(await next.use()).toMatchObject({ status: 200 })
  expect(isUnverified(await stored())).toBe(false)
  expect(issuer.emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
})
