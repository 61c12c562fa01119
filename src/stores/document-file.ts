import { stat } from 'node:fs/promises'
import { AuthError, createTurns } from '../core/index.js'
import type { Change, ChangeContext, Credential, CredentialStore, UpdateOptions } from '../core/index.js'
import { isMissing, systemCode, toWriteFailure } from './file-errors.js'
import type { FileLockOptions } from './file-lock.js'
import { beginTransaction, type FileTransaction } from './file-transaction.js'
import { followLinks } from './follow-links.js'
import { readJournal } from './journal.js'
import { withLockedFile, type LockedFile } from './locked-file.js'
import { isMountPoint } from './mount-point.js'
import { settleOrphans } from './orphans.js'
import { readDocument, requireWhole, type DocumentCodec, type DocumentContent } from './read-document.js'
import { finishWriting } from './write-in-place.js'

export type { DocumentCodec } from './read-document.js'

type ChangeFunction<Result> = (current: Credential | undefined, context: ChangeContext) => Promise<Change<Result>>

/** What every store over one file shares, whatever its text looks like. */
export function createDocumentFile(
  path: string,
  codec: DocumentCodec,
  lockOptions: FileLockOptions = {},
): Omit<CredentialStore, 'kind'> {
  const takeTurn = createTurns()
  /** The one that is under way. */
  let transaction: FileTransaction | undefined

  async function update<Result>(
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
      return await apply(await change(current, { announce: (intent) => mine.announce(intent) }), mine)
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

  /** Damage in a file that is written in place may be a write that is under way, or was cut off. */
  async function read(): Promise<Credential | undefined> {
    const content = await readDocument(path, codec)
    const mayBeHalfWritten = 'damage' in content && !transaction && (await isMountPoint(await followLinks(path)))
    // Where the lock cannot be had, as on a read-only mount, what was read is all there is.
    return requireWhole(mayBeHalfWritten ? await readUnderLock().catch(() => content) : content, path)
  }

  function readUnderLock(): Promise<DocumentContent> {
    return withLockedFile(path, lockOptions, undefined, async ({ target }) => {
      await finishWriting(target)
      return readDocument(target, codec)
    })
  }

  return {
    describe: () => path,
    read,
    update: (change, options = {}) =>
      takeTurn(
        () => withLockedFile(path, lockOptions, options.signal, (file) => update(file, change, options)),
        options.signal,
      ),
    revision: () => readRevision(path),
    unfinishedIntent: async (tokenFingerprint) => {
      const entries = await readJournal(path)
      const own = transaction?.announced
      return entries.find((entry) => entry.tokenFingerprint === tokenFingerprint && entry.id !== own?.id)
    },
  }
}

/** Every write makes a new file or a new time, so one look at the folder's entry is enough. */
async function readRevision(path: string): Promise<string | undefined> {
  try {
    const { ino, mtimeNs, size } = await stat(path, { bigint: true })
    return `${ino}-${mtimeNs}-${size}`
  } catch (error) {
    if (isMissing(error)) return undefined
    throw new AuthError('ERR_STORE_READ', `${path} cannot be read (${systemCode(error) ?? 'unknown'}).`, {
      cause: error,
    })
  }
}
