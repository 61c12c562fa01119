/**
 * Sign-ins that other programs keep: found, borrowed without touching them, or moved once. Never copied.
 *
 * @module
 */
export { borrowCredential } from './borrow-credential.js'
export { findForeignCredentials, type ForeignEnvironment, type ForeignFile } from './foreign-file.js'
export { moveCredential, type MovedCredential } from './move-credential.js'
