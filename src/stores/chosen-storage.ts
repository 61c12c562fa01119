import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AuthError, parseJsonObject, readString } from '../core/index.js'
import { isMissing, systemCode } from './file-errors.js'
import { replaceFile } from './replace-file.js'

/** Every way a profile can be stored: what holds the credential, and for an encrypted file what holds its key. */
const storages = ['file', 'encrypted-file:passphrase', 'encrypted-file:keyring', 'keyring'] as const

export type ChosenStorage = (typeof storages)[number]

/**
 * What somebody chose for the profile in `folder`, so that a keyring that is away today is an error and not a reason to look elsewhere.
 *
 * @returns `undefined` when nobody has chosen
 * @throws AuthError `ERR_STORE_READ`, also when it names a storage we do not know
 */
export async function readChosenStorage(folder: string): Promise<ChosenStorage | undefined> {
  const path = join(folder, 'storage.json')
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw new AuthError('ERR_STORE_READ', `${path} cannot be read (${systemCode(error) ?? 'unknown'}).`, {
      cause: error,
    })
  })
  if (text === undefined) return undefined
  const named = readString(parseJsonObject(text), 'storage')
  const storage = storages.find((known) => known === named)
  if (storage) return storage
  throw new AuthError('ERR_STORE_READ', `${path} does not say which storage was chosen.`, {
    advice: `Correct it: {"storage": "…"} with one of ${storages.join(', ')}.`,
  })
}

/** Remembers the choice in `<folder>/storage.json`. @throws AuthError `ERR_STORE_WRITE` */
export async function writeChosenStorage(folder: string, storage: ChosenStorage): Promise<void> {
  await replaceFile(join(folder, 'storage.json'), JSON.stringify({ storage }, undefined, 2))
}
