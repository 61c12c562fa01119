import { constants } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isMissing, systemCode } from './file-errors.js'
import { giveToOwnerOf } from './file-owner.js'
import { lockLost, type HeldLock } from './held-lock.js'

/** Thrown when this platform, or the file system of the lock file, has no kernel locks. */
export class NoKernelLocks extends Error {}

/** What a file system answers that cannot lock: NFS without lockd, some FUSE, 9p. */
const refusals = new Set(['ENOLCK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EPERM'])

/**
 * Tries to lock the file at `path`, which is created when it is not there and never removed. The lock belongs to the open file (OFD lock on
 * Linux, flock on macOS, LockFileEx on Windows), so the kernel drops it when the process dies, however it dies.
 *
 * @returns `undefined` while somebody else holds it
 * @throws NoKernelLocks
 */
export async function tryKernelLock(path: string): Promise<HeldLock | undefined> {
  const tryLock = await loadTryLock()
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  await giveToOwnerOf(dirname(path), file)
  const isHeld = await lockAndVerify(file, path, tryLock).catch(async (error: unknown) => {
    await file.close()
    throw error
  })
  if (!isHeld) {
    await file.close()
    return undefined
  }
  return {
    kind: 'kernel',
    assertHeld: async () => {
      if (!(await isStillAt(path, file))) throw lockLost(path)
    },
    release: () => file.close(),
  }
}

type TryLock = (descriptor: number) => boolean

/** Loaded when a lock is first needed: reading a credential costs no native code. */
async function loadTryLock(): Promise<TryLock> {
  try {
    return (await import('fs-native-extensions')).tryLock
  } catch (error) {
    throw new NoKernelLocks('There is no native code for this platform.', { cause: error })
  }
}

async function lockAndVerify(file: FileHandle, path: string, tryLock: TryLock): Promise<boolean> {
  try {
    if (!tryLock(file.fd)) return false
  } catch (error) {
    if (!refusals.has(systemCode(error) ?? '')) throw error
    throw new NoKernelLocks(`The file system of ${path} has no locks.`, { cause: error })
  }
  return isStillAt(path, file)
}

/** False when somebody removed or replaced the lock file: a lock on what nobody else will open guards nothing. */
async function isStillAt(path: string, file: FileHandle): Promise<boolean> {
  const mine = await file.stat({ bigint: true })
  try {
    const there = await stat(path, { bigint: true })
    return there.ino === mine.ino && there.dev === mine.dev
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}
