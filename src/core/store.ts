import type { ChatgptCredential, Credential } from './credential.js'

export interface StoreOptions {
  readonly signal?: AbortSignal | undefined
}

export interface UpdateOptions extends StoreOptions {
  /** What is stored cannot be read and is to be replaced: a copy is kept where the store can, and `change` sees nothing stored. */
  readonly replaceCorrupt?: boolean
}

export type Change<Result> =
  | { readonly write: ChatgptCredential; readonly result: Result }
  | { readonly remove: true; readonly result: Result }
  | { readonly keep: true; readonly result: Result }

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
    change: (current: Credential | undefined) => Promise<Change<Result>>,
    options?: UpdateOptions,
  ): Promise<Result>
}

/** A credential that ends with the process. Parallel updates take their turns. */
export function createMemoryStore(initial?: Credential): CredentialStore {
  let current = initial
  const takeTurn = createTurns()
  return {
    kind: 'memory',
    describe: () => 'memory of this process',
    read: async () => current,
    update: (change) =>
      takeTurn(async () => {
        const decided = await change(current)
        if ('write' in decided) current = decided.write
        if ('remove' in decided) current = undefined
        return decided.result
      }),
  }
}

/** One at a time, in order; a failed turn does not stop the next. */
export function createTurns(): <Result>(turn: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return (turn) => {
    const mine = last.then(turn, turn)
    last = mine.catch(() => undefined)
    return mine
  }
}
