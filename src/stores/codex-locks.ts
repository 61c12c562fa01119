import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { AuthError, systemClock, type Clock } from '../core/index.js'
import { giveToOwnerOf } from './file-owner.js'
import { loadFlock, type Flock } from './flock.js'
import { lockLost } from './held-lock.js'

/** The two locks of the Codex CLI's own writes. They keep its writes and ours apart; its refreshes ask nobody (real-codex 17). */
export interface CodexLocks {
  /**
   * Holds both while `work` runs, but never as long as the CLI is willing to wait: then they are free, whatever `work` does, and `assertHeld`
   * throws.
   *
   * @throws AuthError `ERR_STORE_LOCKED`
   */
  hold<Result>(work: () => Promise<Result>): Promise<Result>
  /** Asked outside of `hold` it has nothing to say. @throws AuthError `ERR_STORE_LOCK_LOST` */
  assertHeld(): void
  close(): Promise<void>
}

/** The CLI gives up after five seconds, and loses what it has just refreshed (real-codex 17). */
const longestHoldMs = 4000
/** Longer than the CLI itself can take. */
const longestWaitMs = 10_000
const pauseMs = 5

/** Opens the lock files: afterwards nothing but a lock that is held can keep us from taking them. */
export async function openCodexLocks(codexHome: string, clock: Clock = systemClock): Promise<CodexLocks> {
  const flock = await loadFlock()
  // In the order in which the CLI takes them, with the modes it creates them with.
  const outer = await openLockFile(codexHome, 'auth.lock', 0o666)
  const inner = await openLockFile(codexHome, 'auth.json.lock', 0o600).catch(async (error: unknown) => {
    await outer.file.close()
    throw error
  })
  let isOverdue = false

  function release(): void {
    flock.unlock(inner.file.fd)
    flock.unlock(outer.file.fd)
  }

  function giveUp(): void {
    isOverdue = true
    release()
  }

  return {
    async hold(work) {
      const held = new AbortController()
      isOverdue = false
      try {
        await waitForLock(flock, outer, clock)
        void clock.sleep(longestHoldMs, held.signal).then(giveUp, () => undefined)
        await waitForLock(flock, inner, clock)
        return await work()
      } finally {
        held.abort()
        release()
      }
    },
    assertHeld() {
      if (isOverdue) throw lockLost(inner.path)
    },
    close: async () => {
      await Promise.all([inner.file.close(), outer.file.close()])
    },
  }
}

interface LockFile {
  readonly path: string
  readonly file: FileHandle
}

async function openLockFile(codexHome: string, name: string, mode: number): Promise<LockFile> {
  const path = join(codexHome, name)
  const file = await open(path, 'a+', mode)
  await giveToOwnerOf(codexHome, file)
  return { path, file }
}

async function waitForLock(flock: Flock, { path, file }: LockFile, clock: Clock): Promise<void> {
  for (let waitedMs = 0; !flock.tryLock(file.fd); waitedMs += pauseMs) {
    if (waitedMs >= longestWaitMs) throw locked(path)
    await clock.sleep(pauseMs)
  }
}

function locked(path: string): AuthError {
  return new AuthError('ERR_STORE_LOCKED', `The Codex CLI, or another program, holds ${path}.`)
}
