import { stat } from 'node:fs/promises'
import { AuthError, createTurns } from '../core/index.js'
import type { Credential, CredentialStore } from '../core/index.js'
import { isMissing, systemCode } from './file-errors.js'
import type { FileLockOptions } from './file-lock.js'
import { readDocument, requireWhole, type DocumentCodec } from './read-document.js'
import type { DocumentUpdates } from './update-document.js'

export type { DocumentCodec } from './read-document.js'

/**
 * What every store over one file shares, whatever its text looks like. Reading is all that most programs do: what it takes to change the file is
 * loaded when it is first changed.
 */
export function createDocumentFile(
  path: string,
  codec: DocumentCodec,
  lockOptions: FileLockOptions = {},
): Omit<CredentialStore, 'kind'> {
  const takeTurn = createTurns()
  let updates: Promise<DocumentUpdates> | undefined

  function openUpdates(): Promise<DocumentUpdates> {
    updates ??= import('./update-document.js').then((module) => module.createDocumentUpdates(path, codec, lockOptions))
    return updates
  }

  async function read(): Promise<Credential | undefined> {
    const content = await readDocument(path, codec)
    const isDamaged = 'damage' in content
    return requireWhole(isDamaged ? await (await openUpdates()).readAgain(content) : content, path)
  }

  return {
    describe: () => path,
    read,
    update: (change, options = {}) =>
      takeTurn(async () => (await openUpdates()).update(change, options), options.signal),
    revision: () => readRevision(path),
    unfinishedIntent: async (tokenFingerprint) => (await openUpdates()).unfinishedIntent(tokenFingerprint),
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
