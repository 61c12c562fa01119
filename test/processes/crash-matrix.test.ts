import { expect, it } from 'vitest'
import { killAtEachStep } from './crash-rows.js'
import { printTable } from './print-table.js'
import { startStrictIssuer } from './signed-in-profile.js'

/** The one instant: the issuer has answered, and the answer is not in a file yet. */
const unprotectedSteps = ['read the answer', 'parse the answer', 'write .auth.json-…']

it('loses no session to a kill at any step of a refresh, but for the instant that the journal names', async () => {
  const rows = await killAtEachStep({ issuer: await startStrictIssuer() })
  printTable('A process is killed right before each step of a refresh:', rows)

  expect(rows.length).toBeGreaterThan(40)
  const lost = rows.filter(({ nextProcess }) => nextProcess !== 'refreshed')
  for (const row of lost) {
    expect(row).toMatchObject({ oldToken: 'spent', journal: 'names it', nextProcess: 'ERR_TOKEN_REFRESH_REUSED' })
  }
  expect(lost.map(({ killedBefore }) => killedBefore)).toEqual(unprotectedSteps)
  for (const row of rows) {
    expect(['unspent old', 'spent old', 'spent new']).toContain(`${row.oldToken} ${row.stored}`)
    expect(row.leftBehind).toBe(lost.includes(row) ? 'auth.json.planpass-journal' : '')
  }
}, 120_000)
