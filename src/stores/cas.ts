/**
 * A credential in a key-value store or a secret manager that can compare and swap: the store of fleets whose members share no file system.
 *
 * @module
 */
import {
  AuthError,
  createTurns,
  isAbortError,
  isAuthError,
  parseAuthFile,
  serializeAuthFile,
  systemClock,
  toOneSafeLine,
  type Change,
  type ChangeContext,
  type Clock,
  type Credential,
  type CredentialStore,
  type ErrorCode,
  type UpdateOptions,
} from '../core/index.js'
import { parseCasValue, serializeCasValue, type CasClaim, type CasValue } from './cas-value.js'

/** One cell that is compared and swapped. Both may throw; a `set` that throws may have stored. */
export interface CasCell {
  /** `undefined` when the cell was never set. */
  get(): Promise<{ readonly value: string; readonly version: string } | undefined>
  /** Stores `value` if the cell still has `expectedVersion` (`undefined`: was never set), and says whether it did. */
  set(value: string, expectedVersion: string | undefined): Promise<boolean>
}

export interface CasStoreOptions {
  /** For people: where the cell is. */
  readonly name?: string
  /** How long a claim may stand still before it counts as abandoned, in milliseconds; default 15000. Claims are renewed three times as often. */
  readonly leaseMs?: number
  readonly clock?: Clock
}

/** A claim of ours, and what it found. */
interface Held {
  readonly document: string | undefined
  claim: CasClaim
  /** Our own writes to the cell take turns: each needs the version the last one made. */
  readonly takeTurn: ReturnType<typeof createTurns>
}

/** After how long an update gives up on a claim that is alive. */
const patienceMs = 60_000

/**
 * A store over one cell. There is no lock to hold, so an update first swaps in a claim, renews it while it runs, and takes it out with its
 * last write; whoever finds a claim waits, and adopts what it left. A claim that stands still for a whole lease is taken over, by the clock of
 * who waits, so clocks may differ.
 *
 * A refresh token is therefore spent once as long as its holder lives and reaches the cell. `announce` proves the claim once more, with the
 * intent written beside it, right before the token goes out. A holder that dies between that and its last write leaves a token that may be
 * spent; the next one tries it once. A holder that only lost its claim still stores what it got, unless the cell holds another credential.
 *
 * `read` and `update` throw AuthError `ERR_STORE_READ`, `ERR_STORE_CORRUPT`; `update` also `ERR_STORE_WRITE`, `ERR_STORE_LOCKED`,
 * `ERR_STORE_LOCK_LOST`.
 */
export function createCasStore(cell: CasCell, options: CasStoreOptions = {}): CredentialStore {
  const { name = 'a compare-and-swap cell', leaseMs = 15_000, clock = systemClock } = options
  const takeTurn = createTurns()
  /** Updates of one store take turns, so a claim of ours that is found was left behind and is ours to take. */
  const holder = crypto.randomUUID()

  async function get(): Promise<{ readonly value: CasValue; readonly version: string | undefined }> {
    const stored = await failingAs('ERR_STORE_READ', name, () => cell.get())
    return { value: stored ? parseCasValue(stored.value) : {}, version: stored?.version }
  }

  function set(value: CasValue, version: string | undefined): Promise<boolean> {
    return failingAs('ERR_STORE_WRITE', name, () => cell.set(serializeCasValue(value), version))
  }

  /** Waits for the claim of somebody else to go or to stand still, and swaps in ours. */
  async function acquire(signal: AbortSignal | undefined): Promise<Held> {
    const startMs = clock.now()
    let seen: { readonly version: string | undefined; readonly sinceMs: number } | undefined
    for (;;) {
      signal?.throwIfAborted()
      const { value, version } = await get()
      if (!seen || seen.version !== version) seen = { version, sinceMs: clock.now() }
      const isHeld = value.claim !== undefined && value.claim.holder !== holder
      const claim: CasClaim = { holder, beat: (value.claim?.beat ?? 0) + 1 }
      if (isHeld && clock.now() - seen.sinceMs < leaseMs) await waitABit(startMs, signal)
      else if (await set({ ...value, claim }, version))
        return { document: value.document, claim, takeTurn: createTurns() }
    }
  }

  async function waitABit(startMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (clock.now() - startMs >= patienceMs) {
      throw new AuthError('ERR_STORE_LOCKED', `Another process is using ${name}.`)
    }
    await clock.sleep(leaseMs / 30, signal)
  }

  /** Proves that the claim still stands, by moving it on. */
  function renew(held: Held, more: Partial<CasClaim> = {}): Promise<boolean> {
    return held.takeTurn(async () => {
      const { value, version } = await get()
      if (value.claim?.holder !== holder) return false
      held.claim = { ...held.claim, ...more, beat: held.claim.beat + 1 }
      return set({ ...value, claim: held.claim }, version)
    })
  }

  /** Keeps the claim alive until it is told to stop; a beat that fails is not the last word, `announce` and the last write are. */
  function keepAlive(held: Held): () => void {
    const stopping = new AbortController()
    const beatUntilStopped = async () => {
      for (;;) {
        await clock.sleep(leaseMs / 3, stopping.signal)
        await renew(held).catch(() => false)
      }
    }
    beatUntilStopped().catch(() => {})
    return () => stopping.abort()
  }

  /** The last write: what was decided goes in and the claim goes out. Without the claim it goes in only where nothing else has changed. */
  function settle(held: Held, document: string | undefined): Promise<void> {
    return held.takeTurn(async () => {
      for (;;) {
        const { value, version } = await get()
        if (value.document !== held.document) {
          throw new AuthError('ERR_STORE_LOCK_LOST', `Another process has changed ${name} meanwhile.`)
        }
        if (await set(document === undefined ? {} : { document }, version)) return
      }
    })
  }

  /** Takes the claim out and leaves the rest. When even that fails, the others wait for one lease. */
  async function release(held: Held): Promise<void> {
    await held
      .takeTurn(async () => {
        const { value, version } = await get()
        const { claim, ...rest } = value
        if (claim?.holder === holder) await set(rest, version)
      })
      .catch(() => {})
  }

  async function update<Result>(
    change: (current: Credential | undefined, context: ChangeContext) => Promise<Change<Result>>,
    { signal, replaceCorrupt = false }: UpdateOptions,
  ): Promise<Result> {
    const held = await acquire(signal)
    const stop = keepAlive(held)
    const announce: ChangeContext['announce'] = async (intent) => {
      if (await renew(held, { intent })) return
      throw new AuthError('ERR_STORE_LOCK_LOST', `Another process has taken over ${name}.`)
    }
    try {
      const decided = await change(readDocument(held.document, replaceCorrupt), { announce })
      stop()
      if ('write' in decided) await settle(held, serializeAuthFile(decided.write))
      if ('remove' in decided) await settle(held, undefined)
      return decided.result
    } finally {
      stop()
      await release(held)
    }
  }

  return {
    kind: 'cas',
    describe: () => name,
    read: async () => readDocument((await get()).value.document, false),
    update: (change, updateOptions = {}) => takeTurn(() => update(change, updateOptions), updateOptions.signal),
  }
}

function readDocument(document: string | undefined, replaceCorrupt: boolean): Credential | undefined {
  try {
    return document === undefined ? undefined : parseAuthFile(document)
  } catch (error) {
    if (replaceCorrupt && isAuthError(error) && error.code === 'ERR_STORE_CORRUPT') return undefined
    throw error
  }
}

async function failingAs<Answer>(code: ErrorCode, name: string, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (isAbortError(error) || isAuthError(error)) throw error
    const reason = toOneSafeLine(error instanceof Error ? error.message : String(error))
    throw new AuthError(code, `${name} did not answer as it should (${reason}).`, { cause: error })
  }
}
