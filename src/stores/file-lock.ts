import { AuthError, systemClock, type Clock } from '../core/index.js'
import type { HeldLock, LockAttempt } from './held-lock.js'
import { NoKernelLocks, tryKernelLock } from './kernel-lock.js'
import { createLease, hasLease } from './lease-lock.js'

export interface FileLockOptions {
  /**
   * - `auto`, when not given: the kernel's lock where there is one, a lease elsewhere, both where both kinds of processes share the file
   * - `kernel`: refused where there is none
   * - `lease`: files with a heartbeat
   */
  readonly lock?: 'auto' | 'kernel' | 'lease'
  /** How long to wait for the lock, in milliseconds; two minutes, longer than a refresh can take, when not given. */
  readonly lockWaitMs?: number
  /** How long a lease may show no sign of life before others take it over, in milliseconds; 20 seconds when not given. */
  readonly leaseMs?: number
  /** Measures waiting; a monotonic one when not given, so that a set clock ends no lease. */
  readonly clock?: Clock
}

const defaultWaitMs = 2 * 60_000
const defaultLeaseMs = 20_000

/** Only differences of its `now` mean anything. */
const monotonicClock: Clock = { now: () => performance.now(), sleep: (...sleep) => systemClock.sleep(...sleep) }

export interface LockPlace {
  /** What the lock guards, links followed. */
  readonly target: string
  /** The file the kernel locks. */
  readonly lockFile: string
}

/**
 * Waits for the lock of a file, asking again after short and growing pauses: no waiter can be forgotten, and none holds a thread.
 *
 * @throws AuthError `ERR_STORE_LOCKED` when the wait is over; the reason of `signal` when it aborts
 */
export async function acquireFileLock(
  place: LockPlace,
  options: FileLockOptions,
  signal?: AbortSignal,
): Promise<HeldLock> {
  const { clock = monotonicClock, lockWaitMs = defaultWaitMs } = options
  const attempt = chooseLock(place, options, clock)
  const startMs = clock.now()
  for (let attempts = 1; ; attempts += 1) {
    signal?.throwIfAborted()
    const held = await attempt()
    if (held) return held
    if (clock.now() - startMs >= lockWaitMs) throw lockedFailure(place, lockWaitMs)
    await clock.sleep(pauseMs(attempts), signal)
  }
}

function chooseLock({ target, lockFile }: LockPlace, options: FileLockOptions, clock: Clock): LockAttempt {
  const { lock = 'auto', leaseMs = defaultLeaseMs } = options
  const lease = createLease(target, { leaseMs, heartbeatMs: leaseMs / 4, clock })
  const kernel = () => tryKernelLock(lockFile)
  if (lock === 'lease') return lease
  return async () => {
    try {
      return await (lock === 'kernel' ? kernel() : tryBoth(kernel, lease, target))
    } catch (error) {
      if (!(error instanceof NoKernelLocks)) throw error
      if (lock === 'auto') return lease()
      throw new AuthError('ERR_STORE_WRITE', error.message, { cause: error, advice: "Use the lock 'lease' or 'auto'." })
    }
  }
}

/** The kernel's lock, and a lease too where others, whose platform has no such lock, have left one. */
async function tryBoth(kernel: LockAttempt, lease: LockAttempt, target: string): Promise<HeldLock | undefined> {
  const locked = await kernel()
  if (!locked || !(await hasLease(target))) return locked
  const leased = await lease().catch(async (error: unknown) => {
    await locked.release()
    throw error
  })
  if (!leased) await locked.release()
  return leased && { ...leased, release: () => releaseInOrder([leased, locked]) }
}

async function releaseInOrder(locks: readonly HeldLock[]): Promise<void> {
  for (const lock of locks) await lock.release()
}

/** 5 ms at first, 100 ms after a while, each give or take a half, so that waiters do not come in step. */
function pauseMs(attempts: number): number {
  return Math.min(5 * 1.3 ** attempts, 100) * (0.5 + Math.random())
}

function lockedFailure({ target }: LockPlace, waitedMs: number): AuthError {
  return new AuthError(
    'ERR_STORE_LOCKED',
    `Another process has held the lock of ${target} for ${Math.round(waitedMs / 1000)} seconds.`,
  )
}
