/**
 * The sign-in of the Codex CLI itself, shared with it on request. Needs the optional peer `koffi`.
 *
 * @module
 */
import { join } from 'node:path'
import { createTurns, parseAuthFile, serializeAuthFile, systemClock } from '../core/index.js'
import type { Clock, CredentialStore, UpdateOptions } from '../core/index.js'
import { openCodexLocks, type CodexLocks } from './codex-locks.js'
import { updateShared, type ChangeFunction, type SharedContent, type SharedPlace } from './codex-update.js'
import { createDocumentFile } from './document-file.js'
import { toWriteFailure } from './file-errors.js'
import type { FileLockOptions } from './file-lock.js'
import { beginTransaction, type FileTransaction } from './file-transaction.js'
import { watchFolder } from './folder-activity.js'
import { readJournal } from './journal.js'
import { withLockedFile, type LockedFile } from './locked-file.js'
import { settleOrphans } from './orphans.js'
import { readDocument, type DocumentCodec } from './read-document.js'
import { finishWriting } from './write-in-place.js'

export interface CodexStoreOptions {
  /** The folder of the CLI: `$CODEX_HOME`, or `~/.codex`. */
  readonly codexHome: string
  /**
   * How long nothing must have been written in that folder before a refresh token is spent, in milliseconds; one second when not given. A CLI
   * that is at work may be about to spend the token itself. After five seconds it is spent all the same.
   */
  readonly yieldMs?: number
  /** Of the lock between programs that use planpass. */
  readonly lockOptions?: FileLockOptions
  readonly clock?: Clock
}

const defaultYieldMs = 1000

const codec: DocumentCodec = {
  encode: async (credential) => serializeAuthFile(credential),
  decode: async (text) => parseAuthFile(text),
}

/**
 * The `auth.json` of the Codex CLI. Writes take the CLI's two locks, replace the members that changed and no other byte, and give way to
 * whatever is newer. A change may be made more than once: each time on what lies there by then.
 *
 * The CLI spends refresh tokens without asking for any lock, so no program can rule out that it spends one that was just spent; where the
 * server ends a sign-in for that, the error says so. Give planpass a sign-in of its own where you can.
 *
 * Throws what the file store throws, and AuthError `ERR_CONFIG_MISSING_PACKAGE` before anything is spent when `koffi` is not installed,
 * `ERR_CONFIG_USAGE` on Windows.
 *
 * ```ts
 * const store = createCodexStore({ codexHome: '/home/me/.codex' })
 * ```
 */
export function createCodexStore(options: CodexStoreOptions): CredentialStore {
  const { codexHome, yieldMs = defaultYieldMs, lockOptions = {}, clock = systemClock } = options
  const path = join(codexHome, 'auth.json')
  const takeTurn = createTurns()
  /** The one that is under way. */
  let transaction: FileTransaction | undefined

  function openPlace(file: LockedFile, locks: CodexLocks): SharedPlace {
    const lock = {
      ...file.lock,
      assertHeld: async () => {
        await file.lock.assertHeld()
        locks.assertHeld()
      },
    }
    return {
      path,
      clock,
      yieldMs,
      watch: () => watchFolder(codexHome),
      read: () => readShared(file.target),
      async begin({ text = '' }) {
        transaction = await beginTransaction({ ...file, lock }, Buffer.byteLength(text))
        return transaction
      },
      withoutOthers: (work) => locks.hold(work),
    }
  }

  async function updateLocked<Result>(
    file: LockedFile,
    change: ChangeFunction<Result>,
    updateOptions: UpdateOptions,
  ): Promise<Result> {
    const locks = await orWriteFailure(() => openCodexLocks(codexHome))
    try {
      await orWriteFailure(() => locks.hold(() => recover(file.target)))
      return await updateShared(openPlace(file, locks), change, updateOptions)
    } finally {
      transaction = undefined
      await locks.close()
    }
  }

  async function orWriteFailure<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      throw toWriteFailure(path, error)
    }
  }

  return {
    kind: 'codex',
    ...createDocumentFile(path, codec, lockOptions),
    describe: () => `${path}, shared with the Codex CLI`,
    update: (change, updateOptions = {}) =>
      takeTurn(
        () =>
          withLockedFile(path, lockOptions, updateOptions.signal, (file) => updateLocked(file, change, updateOptions)),
        updateOptions.signal,
      ),
    unfinishedIntent: async (tokenFingerprint) => {
      const entries = await readJournal(path)
      const own = transaction?.announced
      return entries.find((entry) => entry.tokenFingerprint === tokenFingerprint && entry.id !== own?.id)
    },
  }
}

/** Ends what another planpass began and could not end. */
async function recover(target: string): Promise<void> {
  await finishWriting(target)
  await settleOrphans(target, codec)
}

/** The text goes with what it means, both of one look. */
async function readShared(path: string): Promise<SharedContent> {
  let text: string | undefined
  const content = await readDocument(path, {
    ...codec,
    decode: async (read) => {
      const credential = parseAuthFile(read)
      text = read
      return credential
    },
  })
  return { text, content }
}
