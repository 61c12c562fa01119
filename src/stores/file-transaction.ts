import type { RefreshIntent } from '../core/index.js'
import { ignoreMissing, toWriteFailure } from './file-errors.js'
import type { LockedFile } from './locked-file.js'
import { createJournal, isKnownRefusal, type JournalEntry } from './journal.js'
import { prepareWriting } from './prepare-writing.js'

/** One change of a file under its lock, from the proof that it can be written to the durable end. */
export interface FileTransaction {
  /** Makes room for what will be written, then writes the intent down, then asks whether the lock is still ours. */
  announce(intent: RefreshIntent): Promise<void>
  write(text: string): Promise<void>
  remove(): Promise<void>
  keep(): Promise<void>
  /** The change failed: what it announced stays written down, unless the server has answered. */
  fail(error: unknown): Promise<void>
  end(): Promise<void>
  readonly announced: JournalEntry | undefined
}

/** Room for tokens that are longer than the ones they replace. */
const spareBytes = 8 * 1024

/**
 * @param size Of what is stored, in bytes.
 * @throws AuthError `ERR_STORE_WRITE` when the folder cannot be written; so do the members, and `ERR_STORE_LOCK_LOST` too
 */
export async function beginTransaction(
  { target, lock, isMounted }: LockedFile,
  size: number,
): Promise<FileTransaction> {
  const journal = createJournal(target)
  const writing = await prepareWriting(target, isMounted).catch((error: unknown) => {
    throw toWriteFailure(target, error)
  })

  /** What failed because somebody took the lock over, and our temporary file away, says so. */
  async function underLock(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      await lock.assertHeld()
      throw toWriteFailure(target, error)
    }
  }

  /** What is stored is new, so the record of the old token is of no use: it may fail to go. A silent holder's may still explain something. */
  async function closeJournal(): Promise<void> {
    await (lock.kind === 'kernel' ? journal.clear() : journal.settle()).catch(() => undefined)
  }

  /** An answer to a token that others may have sent meanwhile, too, explains nothing: the record stays. */
  async function settle(): Promise<void> {
    await lock
      .assertHeld()
      .then(() => journal.settle())
      .catch(() => undefined)
  }

  async function finish(work: () => Promise<void>): Promise<void> {
    await underLock(work)
    await closeJournal()
  }

  return {
    announce: (intent) =>
      underLock(async () => {
        await writing.reserve(size + spareBytes)
        await lock.assertHeld()
        await journal.open(intent)
        await lock.assertHeld()
      }),
    write: (text) => finish(() => writing.commit(text, () => lock.assertHeld())),
    remove: () =>
      finish(async () => {
        await lock.assertHeld()
        await writing.remove().catch(ignoreMissing)
      }),
    keep: settle,
    fail: async (error) => {
      if (isKnownRefusal(error)) await settle()
    },
    end: () => writing.discard(),
    get announced() {
      return journal.opened()
    },
  }
}
