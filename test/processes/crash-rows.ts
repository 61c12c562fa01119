import { readdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect } from 'vitest'
import { fingerprint } from '../../src/core/index.js'
import { readJournal } from '../../src/stores/file.js'
import { printTable } from './print-table.js'
import {
  isUnverified,
  readStored,
  signInTo,
  startStrictIssuer,
  type Issuer,
  type ProviderName,
  type SignedInProfile,
} from './signed-in-profile.js'
import { describeOutcome, startWorker, type StartOptions, type Worker } from './workers.js'

/** What a process that was killed left behind, and how the next one fared. */
export interface CrashRow {
  readonly killedBefore: string
  /** `spent`: the issuer has rotated it. */
  readonly oldToken: 'unspent' | 'spent'
  readonly stored: 'old' | 'unverified' | 'new' | 'torn'
  readonly journal: 'names it' | ''
  readonly nextProcess: string
  readonly leftBehind: string
}

export interface CrashWorld {
  readonly issuer: Issuer
  /** Where and how the worker that works on `path` is run. */
  readonly place?: (path: string) => Promise<{ readonly path: string; readonly options: StartOptions }>
}

/** The one instant: the issuer has answered, and the answer is not in a file yet. */
const unprotectedSteps = ['read the answer', 'parse the answer', 'write .auth.json-…']

/** A kill loses a sign-in in that instant alone, and then the journal names it; whatever else it leaves behind is swept away. */
export async function assertSurvivesEachKill(provider: ProviderName): Promise<readonly CrashRow[]> {
  const rows = await killAtEachStep({ issuer: await startStrictIssuer(provider) })
  printTable(`A process is killed right before each step of a refresh (${provider}):`, rows)

  expect(rows.length).toBeGreaterThan(40)
  const lost = rows.filter(({ nextProcess }) => nextProcess !== 'refreshed')
  for (const row of lost) {
    expect(row).toMatchObject({ oldToken: 'spent', journal: 'names it', nextProcess: 'ERR_TOKEN_REFRESH_REUSED' })
  }
  expect(lost.map(({ killedBefore }) => killedBefore)).toEqual(unprotectedSteps)
  for (const row of rows) {
    const possible = ['unspent old', 'spent old', 'spent unverified', 'spent new']
    expect(possible).toContain(`${row.oldToken} ${row.stored}`)
    expect(row.leftBehind).toBe(lost.includes(row) ? 'auth.json.planpass-journal' : '')
  }
  return rows
}

/** Kills a process right before each step of a refresh, one after the other, each in a new session. */
export async function killAtEachStep(world: CrashWorld): Promise<CrashRow[]> {
  const rows: CrashRow[] = []
  const follow = createSuccession(world)
  for (let number = 1; ; number += 1) {
    const row = await refreshAndDieAt(number, world, follow)
    if (!row) return rows
    rows.push(row)
  }
}

type Succession = (profile: SignedInProfile, options: StartOptions) => Promise<Worker>

/** The next process: one that opens the profile of each of the dead, or a new one for each where they have places of their own. */
function createSuccession({ place }: CrashWorld): Succession {
  let next: Worker | undefined
  return async (profile, options) => {
    if (next && !place) await next.open(profile)
    else {
      await next?.stop()
      next = await startWorker(profile, options)
    }
    return next
  }
}

/** @returns `undefined` when a refresh has fewer steps than that */
async function refreshAndDieAt(
  number: number,
  { issuer, place }: CrashWorld,
  follow: Succession,
): Promise<CrashRow | undefined> {
  const signedIn = await signInTo(issuer)
  const { path, options } = (await place?.(signedIn.path)) ?? { path: signedIn.path, options: {} }
  const profile = { ...signedIn, path }
  const spentBefore = issuer.emulator.counters.refresh.ok
  const [worker, next] = await Promise.all([
    startWorker(profile, { ...options, point: { step: number, signal: 'SIGKILL' } }),
    follow(profile, options),
  ])
  const outcome = await worker.refresh()
  await worker.stop()
  if (outcome) return undefined
  const oldToken = issuer.emulator.counters.refresh.ok > spentBefore ? 'spent' : 'unspent'
  return {
    killedBefore: worker.steps.at(-1) ?? '',
    oldToken,
    stored: await lookAt(signedIn),
    journal: await lookIntoJournal(profile),
    nextProcess: describeOutcome(await next.refresh()),
    leftBehind: await listBeside(profile),
  }
}

async function lookAt({ path, tokenFingerprint }: SignedInProfile): Promise<CrashRow['stored']> {
  const text = await readFile(path, 'utf8')
  try {
    const credential = readStored(text)
    if (credential.refreshToken && (await fingerprint(credential.refreshToken)) === tokenFingerprint) return 'old'
    return isUnverified(credential) ? 'unverified' : 'new'
  } catch {
    return 'torn'
  }
}

export async function lookIntoJournal({ path, tokenFingerprint }: SignedInProfile): Promise<CrashRow['journal']> {
  const entries = await readJournal(path)
  return entries.some((entry) => entry.tokenFingerprint === tokenFingerprint) ? 'names it' : ''
}

/** What a profile is made of; lock files stay. */
const own = /^(auth\.json|registration\.json|\.host-id)(\.planpass-lock)?$/

async function listBeside({ path }: SignedInProfile): Promise<string> {
  const names = await readdir(dirname(path))
  return names.filter((name) => !own.test(name)).join(' ')
}
