/**
 * The sign-in of the Codex CLI itself, shared with it on request. Needs the optional peer `koffi`, and for the keyring
 * `@napi-rs/keyring`.
 *
 * @module
 */
import { join } from 'node:path'
import { createTurns, systemClock } from '../core/index.js'
import type { Clock, Credential, CredentialStore, UnfinishedIntent, UpdateOptions } from '../core/index.js'
import { codexCodec, createCodexFile } from './codex-file.js'
import { createCodexKeyring } from './codex-keyring.js'
import { openCodexLocks, type CodexLocks } from './codex-locks.js'
import { updateShared, type ChangeFunction, type CodexBacking, type SharedPlace } from './codex-update.js'
import { createDocumentFile } from './document-file.js'
import { toWriteFailure } from './file-errors.js'
import type { FileLockOptions } from './file-lock.js'
import { beginTransaction, type FileTransaction } from './file-transaction.js'
import { watchFolder } from './folder-activity.js'
import { readJournal } from './journal.js'
import { withLockedFile, type LockedFile } from './locked-file.js'
import { settleOrphans } from './orphans.js'
import type { Keyring } from './system-keyring.js'
import { finishWriting } from './write-in-place.js'

export interface CodexStoreOptions {
  /** The folder of the CLI: `$CODEX_HOME`, or `~/.codex`. */
  readonly codexHome: string
  /** Where the CLI keeps its sign-in, as `cli_auth_credentials_store` in its `config.toml` says; `file` is its default. */
  readonly mode: 'file' | 'keyring'
  /**
   * How long nothing must have been written in that folder before a refresh token is spent, in milliseconds; one second when not given. A CLI
   * that is at work may be about to spend the token itself. After five seconds it is spent all the same.
   */
  readonly yieldMs?: number
  /** Of the lock between programs that use planpass. */
  readonly lockOptions?: FileLockOptions
  readonly clock?: Clock
  /** With the mode `keyring`: the system's own when not given. */
  readonly keyring?: Keyring
  /** With the mode `keyring`: how long to wait for it, in milliseconds; 3,000 when not given. */
  readonly keyringTimeoutMs?: number
}

const defaultYieldMs = 1000

/**
 * The `auth.json` of the Codex CLI, or its entry in the keyring. Writes take the CLI's two locks, replace the members that changed and no other byte, and give way to
 * whatever is newer. A change may be made more than once: each time on what lies there by then.
 *
 * The CLI spends refresh tokens without asking for any lock, so no program can rule out that it spends one that was just spent; where the
 * server ends a sign-in for that, the error says so. Give planpass a sign-in of its own where you can.
 *
 * Throws what the file store or the keyring store throws, and AuthError `ERR_CONFIG_MISSING_PACKAGE` before anything is spent when `koffi` is not installed,
 * `ERR_CONFIG_USAGE` on Windows.
 *
 * ```ts
 * const store = createCodexStore({ codexHome: '/home/me/.codex', mode: 'file' })
 * ```
 */
export function createCodexStore(options: CodexStoreOptions): CredentialStore {
  const { codexHome, yieldMs = defaultYieldMs, lockOptions = {}, clock = systemClock } = options
  const path = join(codexHome, 'auth.json')
  const backing = openBacking(path, options)
  // The keyring has no marker that is cheaper than the entry itself.
  const { read, revision } = createDocumentFile(path, codexCodec, lockOptions)
  const reading = options.mode === 'file' ? { read, ...(revision && { revision }) } : { read: readBacking }
  const takeTurn = createTurns()
  /** The one that is under way. */
  let transaction: FileTransaction | undefined

  async function readBacking(): Promise<Credential | undefined> {
    return backing.whole(await backing.read())
  }

  async function unfinishedIntent(tokenFingerprint: string): Promise<UnfinishedIntent | undefined> {
    const entries = await readJournal(path)
    const own = transaction?.announced
    return entries.find((entry) => entry.tokenFingerprint === tokenFingerprint && entry.id !== own?.id)
  }

  function openPlace(file: LockedFile, locks: CodexLocks): SharedPlace {
    const lock = {
      ...file.lock,
      assertHeld: async () => {
        await file.lock.assertHeld()
        locks.assertHeld()
      },
    }
    return {
      backing,
      clock,
      yieldMs,
      watch: () => watchFolder(codexHome),
      async begin({ text = '' }) {
        transaction = await beginTransaction({ ...file, lock }, Buffer.byteLength(text))
        return backing.storing(transaction, lock.assertHeld)
      },
      isUnfinished: async (token) => (await unfinishedIntent(token)) !== undefined,
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
    ...reading,
    describe: () => `${backing.where}, shared with the Codex CLI`,
    update: (change, updateOptions = {}) =>
      takeTurn(
        () =>
          withLockedFile(path, lockOptions, updateOptions.signal, (file) => updateLocked(file, change, updateOptions)),
        updateOptions.signal,
      ),
    unfinishedIntent,
  }
}

function openBacking(path: string, { mode, codexHome, keyring, keyringTimeoutMs }: CodexStoreOptions): CodexBacking {
  if (mode === 'file') return createCodexFile(path)
  return createCodexKeyring(codexHome, {
    ...(keyring && { keyring }),
    ...(keyringTimeoutMs !== undefined && { timeoutMs: keyringTimeoutMs }),
  })
}

/** Ends what another planpass began and could not end. */
async function recover(target: string): Promise<void> {
  await finishWriting(target)
  await settleOrphans(target, codexCodec)
}
