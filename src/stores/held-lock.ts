import { AuthError } from '../core/index.js'

/** A lock that this process holds, or held: whoever breaks it tells nobody. */
export interface HeldLock {
  /** A name of this holding alone. What is prepared under it can be taken away by whoever breaks the lock. */
  readonly fence: string
  /** @throws AuthError `ERR_STORE_LOCK_LOST` when somebody else may hold it by now */
  assertHeld(): Promise<void>
  release(): Promise<void>
}

/** One attempt without waiting; `undefined` while somebody else holds the lock. */
export type LockAttempt = () => Promise<HeldLock | undefined>

export function lockLost(path: string): AuthError {
  return new AuthError('ERR_STORE_LOCK_LOST', `The lock ${path} was taken over by another process.`)
}
