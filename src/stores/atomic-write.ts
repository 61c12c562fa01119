import { randomUUID } from 'node:crypto'
import { mkdir, open, realpath, rename, unlink, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isMissing } from './file-errors.js'

/** A file about to be replaced: everything that can fail before the content is known has already succeeded. */
export interface Replacement {
  /** Writes, makes durable, and puts in place; until then readers see the old file. */
  commit(text: string): Promise<void>
  /** Leaves the old file as it is. Does nothing after `commit`. */
  discard(): Promise<void>
}

/**
 * Opens a temporary file beside the target, mode 0600 from the first byte: this proves that the folder can be written before anybody spends a
 * token whose successor must land there. A link is followed, so that the file it names is replaced and not the link.
 */
export async function prepareReplacement(path: string): Promise<Replacement> {
  const target = await followLinks(path)
  await mkdir(dirname(target), { recursive: true, mode: 0o700 })
  const temporary = join(dirname(target), `.${basename(target).slice(0, 32)}-${randomUUID()}`)
  const file = await open(temporary, 'wx', 0o600)
  let isPending = true

  async function commit(text: string): Promise<void> {
    await file.writeFile(text)
    await file.sync()
    await file.close()
    await rename(temporary, target)
    isPending = false
    await syncFolder(dirname(target))
  }

  async function discard(): Promise<void> {
    if (!isPending) return
    isPending = false
    await closeQuietly(file)
    await unlink(temporary).catch(ignoreMissing)
  }

  return { commit, discard }
}

async function followLinks(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (isMissing(error)) return path
    throw error
  }
}

/** Makes the rename itself durable. Windows cannot open a folder; there the rename is as durable as it gets. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function closeQuietly(file: FileHandle): Promise<void> {
  await file.close().catch(() => undefined)
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error
}
