/**
 * The keyring of the operating system: as the place of the key of an encrypted file, or of a whole credential where it fits.
 * Needs the optional peer `@napi-rs/keyring`.
 *
 * @module
 */
import { join } from 'node:path'
import { AuthError, isAuthError, parseAuthFile, serializeAuthFile } from '../core/index.js'
import type { Change, Credential, CredentialStore, UpdateOptions } from '../core/index.js'
import { createDocumentFile, type DocumentCodec } from './document-file.js'
import type { FileLockOptions } from './file-lock.js'
import { createTrustedEntry, type KeyringPlace, type TrustedEntry } from './keyring-entry.js'

export type { KeyringPlace } from './keyring-entry.js'
export { createKeyringKeySource } from './keyring-key-source.js'
export { createSystemKeyring, type Keyring, type KeyringEntry } from './system-keyring.js'

export interface KeyringStoreOptions extends KeyringPlace {
  /** Holds what a keyring has none of: the lock between processes, the journal, and `keyring.json`, which says when the entry changed. */
  readonly folder: string
  readonly lockOptions?: FileLockOptions
}

/**
 * A credential in the keyring itself, as one JSON entry. Writes are read back and compared. Windows has room for 2,560 bytes, which ChatGPT
 * tokens exceed: use the encrypted file with `createKeyringKeySource` there. Never falls back to another place.
 *
 * Throws what the file store throws, and AuthError `ERR_STORE_KEYRING_UNAVAILABLE`, `ERR_STORE_KEYRING_LOCKED`,
 * `ERR_STORE_KEYRING_TIMEOUT`, `ERR_STORE_TOO_LARGE`, `ERR_STORE_NOT_KEPT`, `ERR_CONFIG_MISSING_PACKAGE`.
 *
 * ```ts
 * const store = createKeyringStore({ service: 'my-program', account: 'default', folder: '/home/me/.config/my-program' })
 * ```
 */
export function createKeyringStore({ folder, lockOptions, ...place }: KeyringStoreOptions): CredentialStore {
  const entry = createTrustedEntry(place)
  const marker = createDocumentFile(join(folder, 'keyring.json'), markerCodec(place), lockOptions)

  return {
    kind: 'keyring',
    describe: () => `the keyring of the system (service ${place.service}, account ${place.account})`,
    read: (options = {}) => readEntry(entry, options),
    update: (change, options = {}) =>
      marker.update(async (_, context) => {
        const decided = await change(await readEntry(entry, options), context)
        await apply(decided, entry)
        return decided
      }, options),
    revision: async () => (await marker.revision?.()) ?? ((await entry.read()) === undefined ? undefined : 'unmarked'),
    unfinishedIntent: async (tokenFingerprint) => marker.unfinishedIntent?.(tokenFingerprint),
  }
}

/** A file that says where the credential is and changes with it. It is written and never believed. */
function markerCodec({ service, account }: KeyringPlace): DocumentCodec {
  return {
    encode: async () => JSON.stringify({ planpass: 'keyring', service, account }, undefined, 2),
    decode: async () => undefined,
  }
}

async function readEntry(
  entry: TrustedEntry,
  { signal, replaceCorrupt }: UpdateOptions,
): Promise<Credential | undefined> {
  const text = await entry.read(signal)
  if (text === undefined) return undefined
  try {
    return parseAuthFile(text)
  } catch (error) {
    if (!isAuthError(error)) throw error
    if (replaceCorrupt) return undefined
    throw new AuthError(error.code, `In the keyring: ${error.summary} It was left as it is.`)
  }
}

/** One line: each byte counts twice where there is a limit. */
async function apply<Result>(decided: Change<Result>, entry: TrustedEntry): Promise<void> {
  if ('write' in decided) await entry.write(JSON.stringify(JSON.parse(serializeAuthFile(decided.write))))
  if ('remove' in decided) await entry.remove()
}
