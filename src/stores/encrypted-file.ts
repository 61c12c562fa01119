/**
 * A credential in an encrypted file: AES-256-GCM, with a key from a passphrase or from wherever a `KeySource` keeps one.
 *
 * @module
 */
import { AuthError, type Change, type CredentialStore } from '../core/index.js'
import { createDocumentFile, type DocumentCodec } from './document-file.js'
import { createEncryptedCodec } from './encrypted-document.js'
import type { EncryptionKey } from './encryption-key.js'
import type { FileLockOptions } from './file-lock.js'

export { createPassphraseKey, createSourceKey, type EncryptionKey, type KeySource } from './encryption-key.js'

/**
 * The file store with another text in the file: same lock, journal and atomic replace, so the same guarantees and errors. A file that does not
 * open with this key throws AuthError `ERR_STORE_DECRYPT`; it is left as it is, also when a damaged one may be replaced.
 *
 * ```ts
 * const store = createEncryptedFileStore('/data/auth.encrypted.json', createPassphraseKey(new Secret(passphrase)))
 * ```
 */
export function createEncryptedFileStore(
  path: string,
  key: EncryptionKey,
  lockOptions?: FileLockOptions,
): CredentialStore {
  return { kind: 'encrypted-file', ...createDocumentFile(path, createEncryptedCodec(key), lockOptions) }
}

/** What is encrypted, and with what from now on. */
export interface KeyChange {
  readonly path: string
  readonly from: EncryptionKey
  readonly to: EncryptionKey
}

/**
 * Encrypts what is stored anew, under the file's lock; a new passphrase comes with a new salt. A process that still has the old key is told
 * `ERR_STORE_DECRYPT` from then on.
 *
 * @returns false when nothing is stored
 */
export function changeEncryptionKey({ path, from, to }: KeyChange, lockOptions?: FileLockOptions): Promise<boolean> {
  const [old, next] = [createEncryptedCodec(from), createEncryptedCodec(to)]
  const codec: DocumentCodec = { decode: (text) => old.decode(text), encode: (credential) => next.encode(credential) }
  return createDocumentFile(path, codec, lockOptions).update(async (current): Promise<Change<boolean>> => {
    if (!current) return { keep: true, result: false }
    if ('accessToken' in current) return { write: current, result: true }
    throw new AuthError('ERR_TOKEN_UNSUPPORTED_MODE', `What is stored has the mode ${current.mode}.`)
  })
}
