/**
 * A credential in a file of the Codex CLI's format, so that the folder around it also serves as a `CODEX_HOME`.
 *
 * @module
 */
export { createFileStore, type FileStoreOptions } from './file-store.js'
export { createFileCache, type FileCache } from './file-cache.js'
export { createFileVerdicts } from './file-verdicts.js'
export { readJournal, type JournalEntry } from './journal.js'
