import type { Change, ChangeContext, Credential, UnfinishedIntent, UpdateOptions } from '../core/index.js'
import { toWriteFailure } from './file-errors.js'
import type { FileLockOptions } from './file-lock.js'
import { beginTransaction, type FileTransaction } from './file-transaction.js'
import { followLinks } from './follow-links.js'
import { readJournal } from './journal.js'
import { withLockedFile, type LockedFile } from './locked-file.js'
import { isMountPoint } from './mount-point.js'
import { settleOrphans } from './orphans.js'
import { readDocument, requireWhole, type DocumentCodec, type DocumentContent } from './read-document.js'
import { finishWriting } from './write-in-place.js'

export type ChangeFunction<Result> = (
  current: Credential | undefined,
  context: ChangeContext,
) => Promise<Change<Result>>

/** All that a store over one file does under the file's lock. */
export interface DocumentUpdates {
  readonly update: <Result>(change: ChangeFunction<Result>, options: UpdateOptions) => Promise<Result>
  /** Damage in a file that is written in place may be a write that is under way, or was cut off: looks again under the lock. */
  readonly readAgain: (damaged: DocumentContent) => Promise<DocumentContent>
  readonly unfinishedIntent: (tokenFingerprint: string) => Promise<UnfinishedIntent | undefined>
}

export function createDocumentUpdates(
  path: string,
  codec: DocumentCodec,
  lockOptions: FileLockOptions,
): DocumentUpdates {
  /** The one that is under way. */
  let transaction: FileTransaction | undefined

  async function updateLocked<Result>(
    file: LockedFile,
    change: ChangeFunction<Result>,
    options: UpdateOptions,
  ): Promise<Result> {
    await recover(file.target)
    const content = await readDocument(file.target, codec)
    const current = await requireWhole(content, path, options.replaceCorrupt)
    const mine = await beginTransaction(file, 'size' in content ? content.size : 0)
    transaction = mine
    try {
      return await apply(
        await change(current, {
          announce: (intent) => mine.announce(intent),
          ...(codec.prepare && { prepare: codec.prepare }),
        }),
        mine,
      )
    } catch (error) {
      await mine.fail(error)
      throw error
    } finally {
      transaction = undefined
      await mine.end()
    }
  }

  /** Ends what others began and could not end. */
  async function recover(target: string): Promise<void> {
    try {
      await finishWriting(target)
      await settleOrphans(target, codec)
    } catch (error) {
      throw toWriteFailure(path, error)
    }
  }

  async function apply<Result>(decided: Change<Result>, under: FileTransaction): Promise<Result> {
    if ('write' in decided) await under.write(await codec.encode(decided.write))
    else if ('remove' in decided) await under.remove()
    else await under.keep()
    return decided.result
  }

  async function readAgain(damaged: DocumentContent): Promise<DocumentContent> {
    const mayBeHalfWritten = !transaction && (await isMountPoint(await followLinks(path)))
    // Where the lock cannot be had, as on a read-only mount, what was read is all there is.
    return mayBeHalfWritten ? readUnderLock().catch(() => damaged) : damaged
  }

  function readUnderLock(): Promise<DocumentContent> {
    return withLockedFile(path, lockOptions, undefined, async ({ target }) => {
      await finishWriting(target)
      return readDocument(target, codec)
    })
  }

  return {
    update: (change, options) =>
      withLockedFile(path, lockOptions, options.signal, (file) => updateLocked(file, change, options)),
    readAgain,
    unfinishedIntent: async (tokenFingerprint) => {
      const entries = await readJournal(path)
      const own = transaction?.announced
      return entries.find((entry) => entry.tokenFingerprint === tokenFingerprint && entry.id !== own?.id)
    },
  }
}
