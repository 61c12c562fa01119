import { expect, it } from 'vitest'
import { killAtEachStep } from '../processes/crash-rows.js'
import { printTable } from '../processes/print-table.js'
import { startStrictIssuer } from '../processes/signed-in-profile.js'
import { assertOneRefreshARound } from '../processes/storm.js'
import { withMountedFile, withVolume } from './containers.js'

const kernel = { lock: 'kernel' } as const

it('spends one token an expiry, with 16 containers on one volume, each with one process, all of them pid 1', async () => {
  await assertOneRefreshARound({ processes: 16, rounds: 20, storeOptions: kernel, deathRate: 0, place: withVolume })
})

it('does so where the volume has no locks', async () => {
  const lease = { lock: 'lease', leaseMs: 5000 } as const
  await assertOneRefreshARound({ processes: 4, rounds: 5, storeOptions: lease, deathRate: 0, place: withVolume })
})

it('does so where each container has nothing but the file mounted', async () => {
  await assertOneRefreshARound({ processes: 8, rounds: 20, storeOptions: kernel, deathRate: 0, place: withMountedFile })
})

it('loses no session to a kill while a mounted file is written in place, but for what the journal names', async () => {
  const issuer = await startStrictIssuer()
  const rows = await killAtEachStep({ issuer, place: (path) => withMountedFile(path, { pid: false }) })
  printTable('A process is killed right before each step of a refresh, in a file that is mounted by itself:', rows)

  expect(rows.some(({ stored }) => stored === 'torn')).toBe(true)
  const lost = rows.filter(({ nextProcess }) => nextProcess !== 'refreshed')
  for (const row of lost) expect(row).toMatchObject({ oldToken: 'spent', stored: 'old', journal: 'names it' })
  expect([lost[0]?.killedBefore, lost.at(-1)?.killedBefore]).toEqual([
    'read the answer',
    'rename .auth.json.planpass-pending-…',
  ])
})
