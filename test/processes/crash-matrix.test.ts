import { readdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, it } from 'vitest'
import { fingerprint } from '../../src/core/index.js'
import { readJournal } from '../../src/stores/file.js'
import { printTable } from './print-table.js'
import { readStored, signInTo, startStrictIssuer, type Issuer, type SignedInProfile } from './signed-in-profile.js'
import { describeOutcome, startWorker } from './workers.js'

/** What a process that was killed left behind, and how the next one fared. */
interface Row {
  readonly killedBefore: string
  /** `spent`: the issuer has rotated it. */
  readonly oldToken: 'unspent' | 'spent'
  readonly stored: 'old' | 'new'
  readonly journal: 'names it' | ''
  readonly nextProcess: string
  readonly leftBehind: string
}

/** @returns `undefined` when a refresh has fewer steps than that */
async function refreshAndDieAt(number: number, issuer: Issuer): Promise<Row | undefined> {
  const profile = await signInTo(issuer)
  const spentBefore = issuer.emulator.counters.refresh.ok
  const worker = await startWorker(profile, { point: { number, signal: 'SIGKILL' } })
  const outcome = await worker.refresh()
  await worker.stop()
  if (outcome) return undefined
  const oldToken = issuer.emulator.counters.refresh.ok > spentBefore ? 'spent' : 'unspent'
  return {
    killedBefore: worker.steps.at(-1) ?? '',
    oldToken,
    ...(await inspect(profile)),
    nextProcess: await refreshInNextProcess(profile),
    leftBehind: await listBeside(profile),
  }
}

async function inspect({ path, tokenFingerprint }: SignedInProfile): Promise<Pick<Row, 'stored' | 'journal'>> {
  const { refreshToken } = readStored(await readFile(path, 'utf8'))
  const isOld = refreshToken !== undefined && (await fingerprint(refreshToken)) === tokenFingerprint
  const isNamed = (await readJournal(path)).some((entry) => entry.tokenFingerprint === tokenFingerprint)
  return { stored: isOld ? 'old' : 'new', journal: isNamed ? 'names it' : '' }
}

async function refreshInNextProcess(profile: SignedInProfile): Promise<string> {
  const next = await startWorker(profile)
  const outcome = await next.refresh()
  await next.stop()
  return describeOutcome(outcome)
}

/** Apart from the lock file, which stays. */
async function listBeside({ path }: SignedInProfile): Promise<string> {
  const names = await readdir(dirname(path))
  return names.filter((name) => name !== 'auth.json' && name !== 'auth.json.planpass-lock').join(' ')
}

/** The one instant: the issuer has answered, and the answer is not in a file yet. */
const unprotectedSteps = ['read the answer', 'parse the answer', 'write .auth.json-…']

it('loses no session to a kill at any step of a refresh, but for the instant that the journal names', async () => {
  const issuer = await startStrictIssuer()
  const rows: Row[] = []
  for (let number = 1; ; number += 1) {
    const row = await refreshAndDieAt(number, issuer)
    if (!row) break
    rows.push(row)
  }
  printTable('A process is killed right before each step of a refresh:', rows)

  expect(rows.length).toBeGreaterThan(40)
  const lost = rows.filter(({ nextProcess }) => nextProcess !== 'refreshed')
  for (const row of lost) {
    expect(row).toMatchObject({ oldToken: 'spent', journal: 'names it', nextProcess: 'ERR_TOKEN_REFRESH_REUSED' })
  }
  expect(lost.map(({ killedBefore }) => killedBefore)).toEqual(unprotectedSteps)
  for (const row of rows) {
    expect([row.oldToken, row.stored]).not.toEqual(['unspent', 'new'])
    expect(row.leftBehind).toBe(lost.includes(row) ? 'auth.json.planpass-journal' : '')
  }
})
