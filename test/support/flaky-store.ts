import { AuthError, createTurns, type Credential, type CredentialStore } from '../../src/core/index.js'

/** A store in memory whose writes fail as long as a test wants them to. */
export interface FlakyStore extends CredentialStore {
  /** How many writes fail from now on. */
  failingWrites: number
  /** What is stored, put there as another process would: without a turn. */
  current: Credential | undefined
}

export function createFlakyStore(initial?: Credential): FlakyStore {
  const takeTurn = createTurns()
  const store: FlakyStore = {
    failingWrites: 0,
    current: initial,
    kind: 'flaky',
    describe: () => 'a flaky store',
    read: async () => store.current,
    update: (change) =>
      takeTurn(async () => {
        const decided = await change(store.current, { announce: async () => {} })
        if ('write' in decided) store.current = written(store, decided.write)
        if ('remove' in decided) store.current = undefined
        return decided.result
      }),
  }
  return store
}

function written(store: FlakyStore, credential: Credential): Credential {
  if (store.failingWrites === 0) return credential
  store.failingWrites -= 1
  throw new AuthError('ERR_STORE_WRITE', 'The disk is full.')
}
