import { constants } from 'node:os'
import { AuthError } from '../core/index.js'

/** flock(2), which the Codex CLI uses. On Linux it and the kernel lock of `kernel-lock.ts` know nothing of each other. */
export interface Flock {
  /** Takes the lock on the open file without waiting; false while somebody else has it. */
  tryLock(descriptor: number): boolean
  unlock(descriptor: number): void
}

/** `<sys/file.h>`, the same on Linux and macOS. */
const operations = { exclusive: 2, nonBlocking: 4, unlock: 8 }

/** @throws AuthError `ERR_CONFIG_MISSING_PACKAGE` without the optional peer `koffi`, `ERR_CONFIG_USAGE` on Windows, which has no flock(2) */
export async function loadFlock(): Promise<Flock> {
  if (process.platform === 'win32') throw notOnWindows()
  const { default: koffi } = await loadKoffi()
  const flock = koffi.load(null).func('int flock(int descriptor, int operation)')

  /** The system's number for what went wrong; 0 when nothing did. */
  function call(descriptor: number, operation: number): number {
    return Number(flock(descriptor, operation)) === 0 ? 0 : koffi.errno()
  }

  return {
    tryLock(descriptor) {
      const failure = call(descriptor, operations.exclusive | operations.nonBlocking)
      if (failure === constants.errno.EWOULDBLOCK) return false
      if (failure !== 0) throw new AuthError('ERR_STORE_WRITE', `flock failed with the system's error ${failure}.`)
      return true
    },
    unlock: (descriptor) => void call(descriptor, operations.unlock),
  }
}

async function loadKoffi() {
  try {
    return await import('koffi')
  } catch (error) {
    throw new AuthError('ERR_CONFIG_MISSING_PACKAGE', 'Sharing with the Codex CLI needs the package koffi.', {
      cause: error,
      advice: 'Install it: npm install koffi',
    })
  }
}

function notOnWindows(): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', 'On Windows planpass cannot take the locks of the Codex CLI.', {
    advice: 'Borrow its access token instead, or give planpass a sign-in of its own.',
  })
}
