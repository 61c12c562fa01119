import { AuthError } from '../core/index.js'

/** A lock that this process holds, or held: whoever breaks it tells nobody. */
export interface HeldLock {
  /** Who has the kernel's lock knows that every holder before is gone or done; who has a lease, that it was silent. */
  readonly kind: 'kernel' | 'lease'
  /** @throws AuthError `ERR_STORE_LOCK_LOST` when somebody else may hold it by now */
  assertHeld(): Promise<void>
  release(): Promise<void>
}

/** One attempt without waiting; `undefined` while somebody else holds the lock. */
export type LockAttempt = () => Promise<HeldLock | undefined>

export function lockLost(path: string): AuthError {
  return new AuthError('ERR_STORE_LOCK_LOST', `The lock ${path} was taken over by another process.`)
}
