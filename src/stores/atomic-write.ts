import { randomUUID } from 'node:crypto'
import { open, rename, unlink, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ignoreMissing, systemCode } from './file-errors.js'
import { giveToOwnerOf } from './file-owner.js'
import { retrySharing } from './retry-sharing.js'

/** A file about to be replaced: everything that can fail before the content is known has already succeeded. */
export interface Replacement {
  /** Makes sure that so many bytes will find room, durably, where the file system can promise it. */
  reserve(bytes: number): Promise<void>
  /**
   * Writes, makes durable, and puts in place; until then readers see the old file.
   *
   * @param assertAllowed Asked when all is written and only the last step is left; what it throws keeps the old file.
   */
  commit(text: string, assertAllowed?: () => Promise<void>): Promise<void>
  /** Takes the old file away. */
  remove(): Promise<void>
  /** Leaves the old file as it is. Does nothing after `commit`. */
  discard(): Promise<void>
}

/**
 * Opens a temporary file beside `target`, mode 0600 from the first byte: this proves that the folder can be written before anybody spends a
 * token whose successor must land there.
 *
 * @param target The file itself, see `followLinks`.
 */
export async function prepareReplacement(target: string): Promise<Replacement> {
  const temporary = join(dirname(target), `.${basename(target)}-${randomUUID()}`)
  const file = await open(temporary, 'wx', 0o600)
  await giveToOwnerOf(target, file)
  let isPending = true

  async function commit(text: string, assertAllowed?: () => Promise<void>): Promise<void> {
    await writeDurably(file, text)
    await file.close()
    await assertAllowed?.()
    await retrySharing(() => rename(temporary, target))
    isPending = false
    await syncFolder(dirname(target))
  }

  async function discard(): Promise<void> {
    if (!isPending) return
    isPending = false
    await closeQuietly(file)
    await unlink(temporary).catch(ignoreMissing)
  }

  return {
    reserve: (bytes) => writeDurably(file, ' '.repeat(bytes)),
    commit,
    remove: () => removeFile(target),
    discard,
  }
}

/** Makes `text` the durable content, using the room the file already has. */
export async function writeDurably(file: FileHandle, text: string): Promise<void> {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length;) {
    written += (await file.write(bytes, written, bytes.length - written, written)).bytesWritten
  }
  await file.truncate(bytes.length)
  await file.sync()
}

async function removeFile(target: string): Promise<void> {
  await unlink(target)
  await syncFolder(dirname(target))
}

/** File systems and platforms that cannot sync a folder; there a rename is as durable as it gets. */
const unsyncable = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EPERM', 'EACCES'])

/** Makes a rename, a creation or a removal in the folder durable. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } catch (error) {
    if (!unsyncable.has(systemCode(error) ?? '')) throw error
  } finally {
    await folder.close()
  }
}

async function closeQuietly(file: FileHandle): Promise<void> {
  await file.close().catch(() => undefined)
}
