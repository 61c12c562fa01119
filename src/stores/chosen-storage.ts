import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AuthError, parseJsonObject, readString, type JsonObject } from '../core/index.js'
import { isMissing, systemCode } from './file-errors.js'
import { replaceFile } from './replace-file.js'

/** Every way a profile can be stored: what holds the credential, and for an encrypted file what holds its key. */
const storages = ['file', 'encrypted-file:passphrase', 'encrypted-file:keyring', 'keyring', 'codex'] as const

/** What somebody chose for a profile, with what it takes to find it again. */
export type ChosenStorage =
  | { readonly storage: 'file' | 'encrypted-file:passphrase' }
  /** The entry in the keyring has a name of its own, so that the profile can be renamed. */
  | { readonly storage: 'encrypted-file:keyring' | 'keyring'; readonly account: string }
  | { readonly storage: 'codex'; readonly codexHome: string }

/**
 * What somebody chose for the profile in `folder`, so that a keyring that is away today is an error and not a reason to look elsewhere. Read at
 * once, because opening a profile waits for nothing.
 *
 * @returns `undefined` when nobody has chosen
 * @throws AuthError `ERR_STORE_READ`, also when it names a storage we do not know
 */
export function readChosenStorage(folder: string): ChosenStorage | undefined {
  const path = join(folder, 'storage.json')
  const text = readIfThere(path)
  if (text === undefined) return undefined
  const chosen = parseChosenStorage(parseJsonObject(text))
  if (chosen) return chosen
  throw new AuthError('ERR_STORE_READ', `${path} does not say which storage was chosen.`, {
    advice: `Correct it: {"storage": "…"} with one of ${storages.join(', ')}; or sign in again with --storage.`,
  })
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    // A file where the folder should be is for whoever writes there to complain of.
    if (isMissing(error) || systemCode(error) === 'ENOTDIR') return undefined
    throw new AuthError('ERR_STORE_READ', `${path} cannot be read (${systemCode(error) ?? 'unknown'}).`, {
      cause: error,
    })
  }
}

function parseChosenStorage(json: JsonObject | undefined): ChosenStorage | undefined {
  const named = readString(json, 'storage')
  const storage = storages.find((known) => known === named)
  const account = readString(json, 'account')
  const codexHome = readString(json, 'codexHome')
  if (storage === 'file' || storage === 'encrypted-file:passphrase') return { storage }
  if (storage === 'codex') return codexHome ? { storage, codexHome } : undefined
  return storage && account ? { storage, account } : undefined
}

/** Remembers the choice in `<folder>/storage.json`. @throws AuthError `ERR_STORE_WRITE` */
export async function writeChosenStorage(folder: string, chosen: ChosenStorage): Promise<void> {
  await replaceFile(join(folder, 'storage.json'), JSON.stringify(chosen, undefined, 2))
}
