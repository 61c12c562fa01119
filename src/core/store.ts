import type { ChatgptCredential, Credential } from './credential.js'
import { waitFor } from './wait-for.js'

/** How long a caller waits for a store. */
export interface StoreOptions {
  readonly signal?: AbortSignal | undefined
}

/** How a store is changed. */
export interface UpdateOptions extends StoreOptions {
  /** What is stored cannot be read and is to be replaced: a copy is kept where the store can, and `change` sees nothing stored. */
  readonly replaceCorrupt?: boolean
}

/** What is to happen to what is stored, and what the caller of `update` gets. */
export type Change<Result> =
  | { readonly write: ChatgptCredential; readonly result: Result }
  | { readonly remove: true; readonly result: Result }
  | { readonly keep: true; readonly result: Result }

/** That a refresh token is about to be spent. Enough to explain a crash afterwards; nothing in it is secret. */
export interface RefreshIntent {
  /** See `fingerprint`. */
  readonly tokenFingerprint: string
  readonly reason: string
  /** Milliseconds since the epoch. */
  readonly atMs: number
}

/** An intent whose end nobody wrote down: the process died, or the answer never came. The token may be spent. */
export interface UnfinishedIntent extends RefreshIntent {
  readonly pid: number
  readonly host: string
}

/** What a change may tell its store while the store holds its lock. */
export interface ChangeContext {
  /**
   * To be awaited right before a refresh token is spent. A store that outlives the process writes it down durably; one that finds it can no
   * longer write, or that its lock is gone, throws, and the token stays unspent.
   */
  announce(intent: RefreshIntent): Promise<void>
  /** To be awaited before something is spent on a credential that is new to the store: throws when the store could not keep it. */
  readonly prepare?: () => Promise<unknown>
}

/**
 * Where one credential lies. The only way to change it is inside `update`, and `update` holds the store's lock across read, decide, exchange
 * and durable write.
 */
export interface CredentialStore {
  readonly kind: string
  /** For people: where it is, never a secret. */
  describe(): string
  /** `undefined` means nothing is stored; I/O and parse failures throw. */
  read(options?: StoreOptions): Promise<Credential | undefined>
  update<Result>(
    change: (current: Credential | undefined, context: ChangeContext) => Promise<Change<Result>>,
    options?: UpdateOptions,
  ): Promise<Result>
  /**
   * A cheap marker that differs after every change, also one by another process; `undefined` when nothing is stored. Without it a session
   * reads the store where it would have asked for the marker.
   */
  revision?(): Promise<string | undefined>
  /** The first unfinished intent for this token, the caller's own that is still under way aside: why the server may call it used. */
  unfinishedIntent?(tokenFingerprint: string): Promise<UnfinishedIntent | undefined>
}

/** A credential that ends with the process. Parallel updates take their turns. */
export function createMemoryStore(initial?: Credential): CredentialStore {
  let current = initial
  const takeTurn = createTurns()
  return {
    kind: 'memory',
    describe: () => 'memory of this process',
    read: async () => current,
    update: (change, options) =>
      takeTurn(async () => {
        const decided = await change(current, { announce: async () => {} })
        if ('write' in decided) current = decided.write
        if ('remove' in decided) current = undefined
        return decided.result
      }, options?.signal),
  }
}

/** Runs `turn` when those before it are done. */
export type TakeTurn = <Result>(turn: () => Promise<Result>, signal?: AbortSignal) => Promise<Result>

/** One at a time, in order; a failed turn does not stop the next. A signal ends the wait for a turn, never a turn that has begun. */
export function createTurns(): TakeTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (turn, signal) => {
    const before = last
    const mine = waitFor(() => before, signal).then(() => turn())
    last = Promise.allSettled([before, mine]).then(() => undefined)
    return mine
  }
}
