export { createFileStore } from './file-store.js'
export { createCodexStore } from './codex.js'
export { createFileCache, type FileCache } from './file-cache.js'
export { createFileHistory, type FileHistory } from './file-history.js'
export { createFileVerdicts } from './file-verdicts.js'
export {
  changeEncryptionKey,
  createEncryptedFileStore,
  createPassphraseKey,
  createSourceKey,
  type EncryptionKey,
  type KeySource,
} from './encrypted-file.js'
export { createKeyringKeySource, createKeyringStore } from './keyring.js'
export { readChosenStorage, writeChosenStorage, type ChosenStorage } from './chosen-storage.js'
export { authFileOf, createProfileStore, type ProfilePlace } from './profile-store.js'
export { createLazyStore } from './lazy-store.js'
export { replaceFile } from './replace-file.js'
export { withLockedFile, type LockedFile } from './locked-file.js'
export { readJournal, type JournalEntry } from './journal.js'
export { findForeignCredentials, readForeignFile, type ForeignEnvironment, type ForeignFile } from './foreign-file.js'
