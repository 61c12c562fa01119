import { readdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fingerprint } from '../../src/core/index.js'
import { readJournal } from '../../src/stores/file.js'
import { readStored, signInTo, type Issuer, type SignedInProfile } from './signed-in-profile.js'
import { describeOutcome, startWorker, type StartOptions } from './workers.js'

/** What a process that was killed left behind, and how the next one fared. */
export interface CrashRow {
  readonly killedBefore: string
  /** `spent`: the issuer has rotated it. */
  readonly oldToken: 'unspent' | 'spent'
  readonly stored: 'old' | 'new' | 'torn'
  readonly journal: 'names it' | ''
  readonly nextProcess: string
  readonly leftBehind: string
}

export interface CrashWorld {
  readonly issuer: Issuer
  /** Where and how the worker that works on `path` is run. */
  readonly place?: (path: string) => Promise<{ readonly path: string; readonly options: StartOptions }>
}

/** Kills a process right before each step of a refresh, one after the other, each in a new session. */
export async function killAtEachStep(world: CrashWorld): Promise<CrashRow[]> {
  const rows: CrashRow[] = []
  for (let number = 1; ; number += 1) {
    const row = await refreshAndDieAt(number, world)
    if (!row) return rows
    rows.push(row)
  }
}

/** @returns `undefined` when a refresh has fewer steps than that */
async function refreshAndDieAt(number: number, { issuer, place }: CrashWorld): Promise<CrashRow | undefined> {
  const signedIn = await signInTo(issuer)
  const { path, options } = (await place?.(signedIn.path)) ?? { path: signedIn.path, options: {} }
  const profile = { ...signedIn, path }
  const spentBefore = issuer.emulator.counters.refresh.ok
  const worker = await startWorker(profile, { ...options, point: { number, signal: 'SIGKILL' } })
  const outcome = await worker.refresh()
  await worker.stop()
  if (outcome) return undefined
  const oldToken = issuer.emulator.counters.refresh.ok > spentBefore ? 'spent' : 'unspent'
  return {
    killedBefore: worker.steps.at(-1) ?? '',
    oldToken,
    stored: await lookAt(signedIn),
    journal: await lookIntoJournal(profile),
    nextProcess: await refreshInNextProcess(profile, options),
    leftBehind: await listBeside(profile),
  }
}

async function lookAt({ path, tokenFingerprint }: SignedInProfile): Promise<CrashRow['stored']> {
  const text = await readFile(path, 'utf8')
  try {
    const { refreshToken } = readStored(text)
    return refreshToken && (await fingerprint(refreshToken)) === tokenFingerprint ? 'old' : 'new'
  } catch {
    return 'torn'
  }
}

export async function lookIntoJournal({ path, tokenFingerprint }: SignedInProfile): Promise<CrashRow['journal']> {
  const entries = await readJournal(path)
  return entries.some((entry) => entry.tokenFingerprint === tokenFingerprint) ? 'names it' : ''
}

async function refreshInNextProcess(profile: SignedInProfile, options: StartOptions): Promise<string> {
  const next = await startWorker(profile, options)
  const outcome = await next.refresh()
  await next.stop()
  return describeOutcome(outcome)
}

/** Apart from the lock file, which stays. */
async function listBeside({ path }: SignedInProfile): Promise<string> {
  const names = await readdir(dirname(path))
  return names.filter((name) => name !== 'auth.json' && name !== 'auth.json.planpass-lock').join(' ')
}
