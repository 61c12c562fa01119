import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import {
  AuthError,
  createTurns,
  errorTable,
  isAuthError,
  type Change,
  type ChangeContext,
  type ChatgptCredential,
  type Clock,
  type Credential,
  type CredentialStore,
  type ErrorCode,
  type RefreshVerdicts,
  type UpdateOptions,
} from '../core/index.js'
import type { ChangeFeed } from './change-feed.js'
import { parseCredential, serializeCredential } from './credential-document.js'
import { openEnvelope, sealEnvelope } from './envelope.js'
import type { KeyEncryption } from './key-encryption.js'
import { changeKey, nameOf, type VaultOwner } from './owner.js'
import type { StoredRow } from './stored-row.js'
import type { Claim, TakenClaim, VaultDatabase } from './vault-database.js'

/** Runs what it is given when those before it are done. */
export type TakeTurn = ReturnType<typeof createTurns>

/** What every store of a vault works with. */
export interface VaultStoreParts {
  readonly database: VaultDatabase
  readonly keys: KeyEncryption
  readonly feed: ChangeFeed
  readonly clock: Clock
  /** How long a claim stands without a sign of life, in milliseconds. */
  readonly leaseMs: number
  /** How long an announced token is left alone when its holder has gone silent: its answer may still be on the way. */
  readonly graceMs: number
  /** When the workers are to refresh a credential, in milliseconds since the epoch. */
  readonly refreshAt: (credential: ChatgptCredential) => number | undefined
  /** Where it is refreshed, as the circuit of the issuers names it. */
  readonly issuerOf: (credential: ChatgptCredential) => string
  /** Told of a credential that was refused for good, once it is written down. */
  readonly onQuarantine: (owner: VaultOwner, code: ErrorCode) => void
  /** Those of one process take turns before they take claims. */
  readonly turnsOf: (owner: VaultOwner) => TakeTurn
}

/** A credential, and the generation it was read in. */
export interface Snapshot {
  readonly credential: Credential
  readonly generation: bigint
}

/** The store of one user, and what the vault needs of it besides. */
export interface VaultStore extends CredentialStore {
  /** @param floor A generation that was seen before: an older one is no answer of this vault's. */
  readonly readSnapshot: (floor?: bigint, signal?: AbortSignal) => Promise<Snapshot | undefined>
  readonly verdicts: RefreshVerdicts
  readonly revision: () => Promise<string | undefined>
}

/** A claim of ours. */
interface HeldClaim extends TakenClaim {
  /** What is to be stored may be the only token there is: the claim is not let go of before it is stored. */
  isUnsaved: boolean
  /** Found out right before a token was to be spent. */
  isLost: boolean
}

/** After how long an update gives up on a claim that is alive. */
const patienceMs = 60_000

/** Where one user's credential lies. `actor` is who the audit says it was. */
export function createVaultStore(owner: VaultOwner, actor: string, parts: VaultStoreParts): VaultStore {
  const { database, keys, feed, clock, leaseMs, graceMs } = parts
  /** Of this store alone, even within a process: what its session could not store yet, only its session may go on with. */
  const holder = randomUUID()
  const takeOwnTurn = createTurns()
  const takeTurn = parts.turnsOf(owner)
  let fence = 0n
  /** What could not be stored keeps its claim, which only we can take again. */
  let keepsClaim = false
  let lastSeen: StoredRow | undefined

  const placeOf = (generation: bigint) => ({ ...owner, mark: String(generation) })

  async function readRow(signal?: AbortSignal): Promise<StoredRow | undefined> {
    lastSeen = await database.read(owner, signal)
    return lastSeen
  }

  async function open(row: StoredRow): Promise<Credential | undefined> {
    return parseCredential(await openEnvelope(keys, row, placeOf(row.generation)))
  }

  async function readSnapshot(floor = 0n, signal?: AbortSignal): Promise<Snapshot | undefined> {
    const row = await readRow(signal)
    if (!row) return undefined
    if (row.generation < floor) throw replayed()
    const credential = await open(row)
    return credential && { credential, generation: row.generation }
  }

  async function openUnlessCorrupt(row: StoredRow, replaceCorrupt: boolean): Promise<Credential | undefined> {
    try {
      return await open(row)
    } catch (error) {
      if (replaceCorrupt && isAuthError(error) && replaceableCodes.has(error.code)) return undefined
      throw error
    }
  }

  /** Waits until nobody else has a claim, or the one who has it has gone silent. */
  async function acquire(signal: AbortSignal | undefined): Promise<TakenClaim> {
    // Before the first look, so that nobody lets go between a look and the wait after it.
    const watch = feed.watch(changeKey(owner))
    const untilMs = clock.now() + patienceMs + graceMs
    try {
      for (;;) {
        signal?.throwIfAborted()
        const claimed = await database.claim(owner, holder, leaseMs)
        if ('fence' in claimed) return claimed
        if (clock.now() > untilMs) throw stillClaimed()
        await watch.next(claimed.heldMs, signal)
      }
    } finally {
      watch.stop()
    }
  }

  function keepAlive(claim: Claim): () => void {
    const stopping = new AbortController()
    const beat = async () => {
      for (;;) {
        await clock.sleep(leaseMs / 3, stopping.signal)
        await database.renew(owner, holder, claim, leaseMs).catch(() => false)
      }
    }
    beat().catch(() => {})
    return () => stopping.abort()
  }

  function announceWith(claim: HeldClaim, seen: bigint): ChangeContext['announce'] {
    const who = { pid: process.pid, host: hostname() }
    return async (intent) => {
      claim.isLost = !(await database.announce(owner, holder, claim, { seen, graceMs, intent, ...who }))
      if (claim.isLost) throw lockLost()
    }
  }

  async function write(claim: HeldClaim, seen: bigint, credential: ChatgptCredential): Promise<void> {
    const envelope = await sealEnvelope(keys, serializeCredential(credential), placeOf(claim.fence))
    const issuer = parts.issuerOf(credential)
    const refreshAtMs = parts.refreshAt(credential)
    // A token may have been spent for this, so that it is tried for as long as the others leave it alone.
    const settlement = { seen, actor, envelope, issuer, refreshAtMs, patienceMs: graceMs }
    claim.isUnsaved = true
    if (!(await database.settle(owner, holder, claim, settlement))) throw lockLost()
  }

  async function change<Result>(
    claim: HeldClaim,
    decide: (current: Credential | undefined, context: ChangeContext) => Promise<Change<Result>>,
    replaceCorrupt: boolean,
  ): Promise<Result> {
    const { row } = claim
    const seen = row?.generation ?? 0n
    const current = row && (await openUnlessCorrupt(row, replaceCorrupt))
    const decided = await decide(current, { announce: announceWith(claim, seen) })
    if ('write' in decided) await write(claim, seen, decided.write)
    else if ('remove' in decided && !(await database.erase(owner, holder, claim, seen, actor))) throw lockLost()
    else if ('keep' in decided) await database.release(owner, holder, claim, true).catch(() => {})
    return decided.result
  }

  async function update<Result>(
    decide: (current: Credential | undefined, context: ChangeContext) => Promise<Change<Result>>,
    { signal, replaceCorrupt = false }: UpdateOptions,
  ): Promise<Result> {
    const claim: HeldClaim = { ...(await acquire(signal)), isUnsaved: false, isLost: false }
    fence = claim.fence
    lastSeen = claim.row
    const stop = keepAlive(claim)
    try {
      const result = await change(claim, decide, replaceCorrupt)
      keepsClaim = false
      return result
    } catch (error) {
      // Nothing was spent, and what the others left has to be looked at anyway.
      if (claim.isLost) return await update(decide, { signal, replaceCorrupt })
      // What a spent token brought is tried to be stored again; until then nobody else may find the token and spend it, too.
      keepsClaim = claim.isUnsaved
      if (!claim.isUnsaved) await database.release(owner, holder, claim, isAnswer(error)).catch(() => {})
      throw error
    } finally {
      stop()
    }
  }

  /** Whoever keeps a claim goes first: those whose turn it is wait for that claim, and would spend the old token when it ends. */
  function updateInTurn<Result>(
    decide: (current: Credential | undefined, context: ChangeContext) => Promise<Change<Result>>,
    options: UpdateOptions,
  ): Promise<Result> {
    const work = () => update(decide, options)
    return takeOwnTurn(() => (keepsClaim ? work() : takeTurn(work, options.signal)), options.signal)
  }

  const verdicts: RefreshVerdicts = {
    isEmpty: async () => lastSeen?.dead === undefined,
    recall: async (tokenFingerprint) => {
      const dead = lastSeen?.dead
      return dead?.fingerprint === tokenFingerprint ? { code: toCode(dead.code), atMs: dead.atMs } : undefined
    },
    remember: async (tokenFingerprint, { code }) => {
      await database.quarantine(owner, tokenFingerprint, code, actor, lastSeen?.generation ?? 0n)
      parts.onQuarantine(owner, code)
    },
  }

  return {
    kind: 'vault',
    describe: () => `the vault, for user ${owner.user} of ${owner.tenant}`,
    read: async (options = {}) => (await readSnapshot(0n, options.signal))?.credential,
    readSnapshot,
    update: (decide, options = {}) => updateInTurn(decide, options),
    revision: async () => {
      const row = await readRow()
      return row && String(row.generation)
    },
    unfinishedIntent: (tokenFingerprint) => database.unfinished(owner, tokenFingerprint, fence),
    verdicts,
  }
}

/** What a new sign-in may replace: a credential that nobody can read any more. */
const replaceableCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['ERR_STORE_CORRUPT', 'ERR_STORE_DECRYPT'])

/** Whatever else goes wrong, nobody knows what became of a token that was sent. */
function isAnswer(error: unknown): boolean {
  return isAuthError(error) && error.remedy === 'sign-in'
}

function toCode(text: string): ErrorCode {
  return isErrorCode(text) ? text : 'ERR_TOKEN_REFRESH_REJECTED'
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorTable, text)
}

function stillClaimed(): AuthError {
  return new AuthError('ERR_STORE_LOCKED', 'Another instance of the vault is using this credential.')
}

function lockLost(): AuthError {
  return new AuthError('ERR_STORE_LOCK_LOST', 'Another instance of the vault has changed this credential meanwhile.')
}

function replayed(): AuthError {
  return new AuthError('ERR_STORE_CORRUPT', 'The vault’s database gave out an older credential than it did before.', {
    advice: 'After restoring a backup, restart every instance. Otherwise somebody has put an old row back.',
  })
}

/** Turns for each owner, as long as somebody wants one. */
export function createOwnerTurns(): (owner: VaultOwner) => TakeTurn {
  const turns = new Map<string, { readonly take: TakeTurn; waiting: number }>()
  return (owner) => {
    const key = nameOf(owner)
    return async (turn, signal) => {
      const mine = turns.get(key) ?? { take: createTurns(), waiting: 0 }
      turns.set(key, mine)
      mine.waiting += 1
      try {
        return await mine.take(turn, signal)
      } finally {
        mine.waiting -= 1
        if (mine.waiting === 0) turns.delete(key)
      }
    }
  }
}
