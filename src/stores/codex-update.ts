import { AuthError, fingerprint } from '../core/index.js'
import type { Change, ChangeContext, ChatgptCredential, Clock, Credential, UpdateOptions } from '../core/index.js'
import { explainSharedFailure } from './codex-failure.js'
import { isOutdated, toSharedText } from './codex-merge.js'
import type { FileTransaction } from './file-transaction.js'
import { isKnownRefusal } from './journal.js'
import type { FolderActivity } from './folder-activity.js'
import type { DocumentContent } from './read-document.js'

export type ChangeFunction<Result> = (
  current: Credential | undefined,
  context: ChangeContext,
) => Promise<Change<Result>>

/** What lies in the place that is shared: the text, and what it means. */
export interface SharedContent {
  /** `undefined` when there is none, or none that can be edited. */
  readonly text: string | undefined
  readonly content: DocumentContent
}

/** Where the Codex CLI keeps its sign-in: a file, or an entry of the keyring. */
export interface CodexBacking {
  /** For people. */
  readonly where: string
  /** How often it is worth a look. */
  readonly pollMs: number
  /** What is edited where nothing is stored; a document of two-space lines when not given. */
  readonly blank?: string
  read(): Promise<SharedContent>
  /** The credential. @throws AuthError of the damage, unless it may be replaced */
  whole(found: SharedContent, isReplaceable?: boolean): Promise<Credential | undefined>
  /** A transaction whose writes end up here. */
  storing(transaction: FileTransaction, assertHeld: () => Promise<void>): FileTransaction
}

/** That place while our own lock is held: so no other planpass writes there, but the CLI may. */
export interface SharedPlace {
  readonly backing: CodexBacking
  readonly clock: Clock
  /** How long the CLI must have been quiet before a token is spent. */
  readonly yieldMs: number
  /** Whether the CLI is at work. */
  watch(): FolderActivity
  begin(content: SharedContent): Promise<FileTransaction>
  /** Whether the journal names an attempt to spend this token that came to no end. */
  isUnfinished(tokenFingerprint: string): Promise<boolean>
  /** Keeps the CLI from writing while `work` runs. */
  withoutOthers<Result>(work: () => Promise<Result>): Promise<Result>
}

/** A change that comes upon something newer is made again upon that, this often. */
const mostAttempts = 5
/** A CLI at work has refreshed long before, if it was going to. */
const longestYieldMs = 5000
/** How long a program may take from the server's answer to its write. */
const lateWriteMs = 2000

/** The change found something newer than what it was made on, before anything was spent. */
class Superseded extends Error {}

/**
 * One change under our lock. The CLI takes no lock before it spends a refresh token, so its write may come at any time: what it has stored is
 * adopted, and what we were about to do is decided again on that (docs/decisions/0011).
 */
export async function updateShared<Result>(
  place: SharedPlace,
  change: ChangeFunction<Result>,
  options: UpdateOptions,
): Promise<Result> {
  for (let attempts = 0; attempts < mostAttempts; attempts += 1) {
    const decided = await attempt(place, change, options)
    if (decided) return decided.result
  }
  throw new AuthError('ERR_STORE_LOCKED', `Another program keeps changing ${place.backing.where}.`)
}

/** @returns `undefined` when the change has to be made again */
async function attempt<Result>(
  place: SharedPlace,
  change: ChangeFunction<Result>,
  options: UpdateOptions,
): Promise<Change<Result> | undefined> {
  const base = await place.backing.read()
  const current = await place.backing.whole(base, options.replaceCorrupt)
  const transaction = await place.begin(base)
  const context: ChangeContext = {
    async announce(intent) {
      if (await changesUntilQuiet(place, base)) throw new Superseded()
      await transaction.announce(intent)
    },
  }
  try {
    const decided = await change(current, context)
    if ('keep' in decided) await transaction.keep()
    else if (!(await commit(place, transaction, base, decided, options))) return undefined
    return decided
  } catch (error) {
    if (error instanceof Superseded) return undefined
    await transaction.fail(error)
    const isSpentByOther = transaction.announced !== undefined && isKnownRefusal(error)
    if (isSpentByOther && (await changesWithin(place, base, lateWriteMs))) return undefined
    const isOurDoing = await mayHaveBeenSpent(place, current)
    throw isOurDoing ? error : explainSharedFailure(error, place.backing.where)
  } finally {
    await transaction.end()
  }
}

/** A planpass that was killed may have spent the token: then nobody else is to blame. */
async function mayHaveBeenSpent(place: SharedPlace, current: Credential | undefined): Promise<boolean> {
  const token = current?.mode === 'chatgpt' ? current.refreshToken : undefined
  return token !== undefined && (await place.isUnfinished(await fingerprint(token)))
}

/** @returns false when it is to be decided again */
function commit<Result>(
  place: SharedPlace,
  transaction: FileTransaction,
  base: SharedContent,
  decided: Exclude<Change<Result>, { keep: true }>,
  options: UpdateOptions,
): Promise<boolean> {
  return place.withoutOthers(async () => {
    const now = await place.backing.read()
    const isChanged = !isSame(now, base)
    if ('remove' in decided) {
      if (isChanged) return false
      await transaction.remove()
      return true
    }
    const found = await place.backing.whole(now, options.replaceCorrupt)
    const pending = { base: credentialOf(base), next: decided.write, isRotation: transaction.announced !== undefined }
    if (isChanged && isOutdated(pending, found)) await transaction.keep()
    else {
      const next = isChanged ? withoutDocument(decided.write) : decided.write
      await transaction.write(toSharedText(next, now.text ?? place.backing.blank))
    }
    return true
  })
}

/** What was decided on members that are no longer those that lie there has no say about them. */
function withoutDocument(credential: ChatgptCredential): ChatgptCredential {
  const { document: _document, ...others } = credential
  return others
}

function credentialOf({ content }: SharedContent): Credential | undefined {
  return 'damage' in content ? undefined : content.credential
}

/**
 * A CLI that has just begun finds the token expired when we do, and spends it a tenth of a second later; from the start it writes logs and
 * databases in its folder. So nobody is in our way once that has been quiet for a while, and before that it is about to store a new token.
 */
async function changesUntilQuiet(place: SharedPlace, base: SharedContent): Promise<boolean> {
  const { pollMs } = place.backing
  const activity = place.watch()
  try {
    let quietMs = 0
    for (let waitedMs = 0; quietMs < place.yieldMs && waitedMs < longestYieldMs; waitedMs += pollMs) {
      if (!isSame(await place.backing.read(), base)) return true
      await place.clock.sleep(pollMs)
      quietMs = activity.hasHappened() ? 0 : quietMs + pollMs
    }
    return !isSame(await place.backing.read(), base)
  } finally {
    activity.close()
  }
}

/** Waits for the write of a program that has spent the token. */
async function changesWithin(place: SharedPlace, base: SharedContent, milliseconds: number): Promise<boolean> {
  const { pollMs } = place.backing
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    if (!isSame(await place.backing.read(), base)) return true
    if (waitedMs >= milliseconds) return false
    await place.clock.sleep(pollMs)
  }
}

function isSame(one: SharedContent, other: SharedContent): boolean {
  if (one.text !== undefined || other.text !== undefined) return one.text === other.text
  const [bytes, others] = [bytesOf(one), bytesOf(other)]
  return bytes && others ? bytes.equals(others) : bytes === others
}

function bytesOf({ content }: SharedContent): Buffer | undefined {
  return 'damage' in content ? content.bytes : undefined
}
