import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { acquireFileLock, type FileLockOptions } from './file-lock.js'
import { toWriteFailure } from './file-errors.js'
import { followLinks } from './follow-links.js'
import type { HeldLock } from './held-lock.js'
import { isMountPoint } from './mount-point.js'

/** A file that nobody else changes meanwhile, as long as everybody asks for its lock. */
export interface LockedFile {
  /** The file itself, links followed. */
  readonly target: string
  readonly lock: HeldLock
  /** Mounted by itself, and so neither to be replaced nor removed. */
  readonly isMounted: boolean
}

/**
 * Holds the lock of the file at `path` while `work` runs. Its folder is created when it is not there.
 *
 * @throws AuthError `ERR_STORE_LOCKED`, `ERR_STORE_WRITE`
 */
export async function withLockedFile<Result>(
  path: string,
  options: FileLockOptions,
  signal: AbortSignal | undefined,
  work: (file: LockedFile) => Promise<Result>,
): Promise<Result> {
  const file = await lockFile(path, options, signal).catch((error: unknown) => {
    throw toWriteFailure(path, error)
  })
  try {
    return await work(file)
  } finally {
    await file.lock.release()
  }
}

async function lockFile(path: string, options: FileLockOptions, signal: AbortSignal | undefined): Promise<LockedFile> {
  const target = await followLinks(path)
  await mkdir(dirname(target), { recursive: true, mode: 0o700 })
  const isMounted = await isMountPoint(target)
  // Containers that mount one file see it in folders of their own: what they share is the file alone, and its inode never changes.
  const lockedPath = isMounted ? target : `${target}.planpass-lock`
  return { target, lock: await acquireFileLock({ target, lockFile: lockedPath }, options, signal), isMounted }
}
