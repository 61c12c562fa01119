import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, readFile, unlink } from 'node:fs/promises'
import { parseJsonObject, readString } from '../core/index.js'
import { prepareReplacement, writeDurably, type Replacement } from './atomic-write.js'
import { ignoreMissing } from './file-errors.js'
import { nothingStored } from './read-document.js'

/**
 * For a file that cannot be replaced, because it is mounted by itself (`docker run -v auth.json:/…/auth.json`): renaming onto it is EBUSY. It
 * is written where it is, under the lock, after a durable copy was laid beside it, from which `finishWriting` recovers.
 */
export async function prepareWritingInPlace(target: string): Promise<Replacement> {
  const file = await open(target, 'r+')
  const copy = await prepareReplacement(pendingPath(target)).catch(async (error: unknown) => {
    await file.close()
    throw error
  })

  async function commit(text: string, assertAllowed?: () => Promise<void>): Promise<void> {
    const replaces = hashOf(await readFile(target, 'utf8'))
    await copy.commit(JSON.stringify({ replaces, text }), assertAllowed)
    // Emptied first: a part of one text is never a JSON object, a mixture of two might be.
    await file.truncate(0)
    await writeDurably(file, text)
    await unlink(pendingPath(target))
  }

  async function discard(): Promise<void> {
    await copy.discard()
    await file.close()
  }

  return { reserve: (bytes) => copy.reserve(bytes), commit, remove: () => commit(nothingStored), discard }
}

/**
 * Ends a write in place that was cut off. Call it under the lock.
 *
 * A file that is not what the write found, and is whole, was written by somebody else since; then there is nothing to end.
 */
export async function finishWriting(target: string): Promise<void> {
  const pending = await readPending(target)
  if (!pending) return
  const current = await readFile(target, 'utf8').catch(ignoreMissing)
  const isUnfinished = current === undefined || hashOf(current) === pending.replaces || !parseJsonObject(current)
  if (isUnfinished) await writeOver(target, pending.text)
  await unlink(pendingPath(target))
}

async function readPending(target: string): Promise<{ replaces: string; text: string } | undefined> {
  const document = await readFile(pendingPath(target), 'utf8').catch(ignoreMissing)
  const pending = document === undefined ? undefined : parseJsonObject(document)
  const replaces = readString(pending, 'replaces')
  const text = readString(pending, 'text')
  return replaces === undefined || text === undefined ? undefined : { replaces, text }
}

async function writeOver(target: string, text: string): Promise<void> {
  const file = await open(target, constants.O_RDWR | constants.O_CREAT, 0o600)
  try {
    await file.truncate(0)
    await writeDurably(file, text)
  } finally {
    await file.close()
  }
}

function pendingPath(target: string): string {
  return `${target}.planpass-pending`
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
