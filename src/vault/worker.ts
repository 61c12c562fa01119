import { dueReason, isAuthError } from '../core/index.js'
import type { Vault } from './open-vault.js'
import { nameOf, type VaultOwner } from './owner.js'
import type { DueRow } from './vault-database.js'

/** How a worker works. */
export interface VaultWorkerOptions {
  /** How many credentials it takes at a time; default 50. */
  readonly batch?: number
  /** How many it refreshes at the same time; default 10. */
  readonly concurrency?: number
  /** How long it rests when nothing is due, in milliseconds; default 5000, give or take a fifth. */
  readonly restMs?: number
  readonly random?: () => number
  readonly onOutcome?: (outcome: RefreshOutcome) => void
  /** Told when the database could not be asked what is due; the worker goes on after its rest. */
  readonly onFailure?: (error: unknown) => void
}

/** What became of a credential that was due. */
export interface RefreshOutcome {
  readonly owner: VaultOwner
  readonly outcome: 'refreshed' | 'not-due' | 'quarantined' | 'postponed'
  /** How late it was taken, in milliseconds. */
  readonly lateMs: number
}

/** Refreshes what comes due, with as many others as there are, on any number of machines. */
export interface VaultWorker {
  /** Takes what is due now, once. @returns what became of each */
  runOnce(signal?: AbortSignal): Promise<readonly RefreshOutcome[]>
  /** Works until the signal aborts; what it has begun, it ends. */
  run(signal: AbortSignal): Promise<void>
}

/** Should a worker die, what it has taken is due again after this time. */
const takenForMs = 120_000
const firstPostponementMs = 15_000
const longestPostponementMs = 15 * 60_000

/** A worker of the vault. What it cannot refresh now it postpones, each time for longer; an issuer in trouble is left alone. */
export function createVaultWorker(vault: Vault, options: VaultWorkerOptions = {}): VaultWorker {
  const { batch = 50, concurrency = 10, restMs = 5000, random = Math.random, onOutcome, onFailure } = options
  const { clock, database } = vault
  // What comes due by the database's clock shall also be due by ours.
  const windowMs = vault.refreshAheadMs * 1.2 + 60_000
  const failures = new Map<string, number>()

  async function refresh({ tenant, user, lateMs }: DueRow): Promise<RefreshOutcome> {
    const owner = { tenant, user }
    const outcome = await refreshOne(owner)
    // Refreshed by somebody else, in quarantine or gone: what failed before says nothing of the next time.
    if (outcome !== 'postponed') failures.delete(nameOf(owner))
    const told = { owner, outcome, lateMs }
    onOutcome?.(told)
    return told
  }

  async function refreshOne(owner: VaultOwner): Promise<RefreshOutcome['outcome']> {
    let isRefreshed = false
    const session = vault.openSession(owner, 'worker', windowMs)
    const unsubscribe = session.subscribe(({ type }) => {
      if (type === 'refreshed') isRefreshed = true
    })
    try {
      const credential = await session.credential()
      if (isRefreshed) return 'refreshed'
      // A token that is still good outlives a refresh that failed: the session does not say so.
      const { state, reason } = await session.status()
      if (state === 'dead' || reason !== undefined) return 'quarantined'
      const isDue = dueReason(credential, clock.now(), windowMs) !== undefined
      return isDue ? await postpone(owner) : 'not-due'
    } catch (error) {
      return isAuthError(error) && error.remedy === 'sign-in' ? 'quarantined' : await postpone(owner)
    } finally {
      unsubscribe()
    }
  }

  async function postpone(owner: VaultOwner): Promise<'postponed'> {
    const name = nameOf(owner)
    const count = failures.get(name) ?? 0
    failures.set(name, count + 1)
    const pauseMs = Math.min(firstPostponementMs * 2 ** count, longestPostponementMs)
    await database.postpone(owner, pauseMs * (1 + random() / 2)).catch(() => {})
    return 'postponed'
  }

  async function runOnce(signal?: AbortSignal): Promise<RefreshOutcome[]> {
    const waiting = await database.due(batch, takenForMs, vault.troubledIssuers())
    const outcomes: RefreshOutcome[] = []
    const next = () => (signal?.aborted ? undefined : waiting.shift())
    const work = async () => {
      for (let row = next(); row; row = next()) outcomes.push(await refresh(row))
    }
    await Promise.all(Array.from({ length: concurrency }, work))
    return outcomes
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const outcomes = await runOnce(signal).catch((error: unknown) => {
        onFailure?.(error)
        return []
      })
      if (outcomes.length === batch) continue
      await clock.sleep(restMs * (0.8 + random() * 0.4), signal).catch(() => {})
    }
  }

  return { runOnce, run }
}
