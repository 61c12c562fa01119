import { parseAuthFile, serializeAuthFile } from '../core/index.js'
import type { CredentialStore } from '../core/index.js'
import { createDocumentFile } from './document-file.js'
import type { FileLockOptions } from './file-lock.js'
import type { DocumentCodec } from './read-document.js'

export type FileStoreOptions = FileLockOptions

const authFileCodec: DocumentCodec = {
  encode: async (credential) => serializeAuthFile(credential),
  decode: async (text) => parseAuthFile(text),
}

/**
 * A store over one `auth.json`, created 0600 with its folder when something is first stored.
 *
 * An update waits for its turn in this process, then for the file's lock, which all processes and containers on the folder share; both are
 * held until the new content is durable. Before a refresh token is spent, the folder is proven writable, room for the new one is taken, and the
 * intent is written to `auth.json.planpass-journal`; see `readJournal`. Readers wait for nobody.
 *
 * `read` and `update` throw AuthError `ERR_STORE_READ`, `ERR_STORE_UNSAFE` (somebody else's file), `ERR_STORE_CORRUPT` (naming a copy of the
 * damaged file); `update` also `ERR_STORE_WRITE`, `ERR_STORE_LOCKED` and `ERR_STORE_LOCK_LOST`.
 *
 * @param path Of the file; a symbolic link is followed.
 */
export function createFileStore(path: string, options: FileStoreOptions = {}): CredentialStore {
  return { kind: 'file', ...createDocumentFile(path, authFileCodec, options) }
}
