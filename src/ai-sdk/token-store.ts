import {
  AuthError,
  createTurns,
  isAbortError,
  isAuthError,
  type ChatgptCredential,
  type CredentialStore,
  type Provenance,
} from '../core/index.js'
import { parseTokens, toTokens, type OpenAIOAuthTokens } from './oauth-tokens.js'

/** Where a host program keeps the tokens of one sign-in. */
export interface TokenStore {
  /** `undefined` when nobody is signed in. Asked again before a refresh token is spent, so another process may have stored newer ones. */
  load(): Promise<OpenAIOAuthTokens | undefined>
  /** Has stored them durably when it resolves: the tokens that were there before are worth nothing any more. */
  save(tokens: OpenAIOAuthTokens): Promise<void>
  /** The same sign-in in a store that can hold a lock over a refresh. Where it is given, the other two are not used. */
  readonly credentials?: CredentialStore
}

/** Told of tokens that were just refreshed, after they are stored. */
export type TokenListener = (tokens: OpenAIOAuthTokens) => void | Promise<void>

/**
 * A host's token store as a store of credentials. Parallel refreshes of this process take their turns; between processes such a store has no
 * lock, so its tokens are read again before one is spent.
 *
 * Its functions throw AuthError `ERR_STORE_READ`, `ERR_STORE_WRITE`, `ERR_STORE_CORRUPT` and `ERR_TOKEN_NO_ACCOUNT`.
 */
export function createTokenCredentialStore(tokenStore: TokenStore, provenance: Provenance): CredentialStore {
  const takeTurn = createTurns()

  async function read(): Promise<ChatgptCredential | undefined> {
    const tokens = await orStoreError('ERR_STORE_READ', 'The token store could not be read.', () => tokenStore.load())
    return tokens === undefined || tokens === null ? undefined : parseTokens(tokens, provenance)
  }

  function save(credential: ChatgptCredential): Promise<void> {
    const tokens = toTokens(credential)
    return orStoreError('ERR_STORE_WRITE', 'The token store could not be written.', () => tokenStore.save(tokens))
  }

  return {
    kind: 'token-store',
    describe: () => "the host's token store",
    read,
    update: (change, options) =>
      takeTurn(async () => {
        const decided = await change(await read(), { announce: async () => {} })
        if ('write' in decided) await save(decided.write)
        if ('remove' in decided) throw new AuthError('ERR_STORE_WRITE', 'A token store cannot be told to forget.')
        return decided.result
      }, options?.signal),
  }
}

async function orStoreError<Result>(
  code: 'ERR_STORE_READ' | 'ERR_STORE_WRITE',
  summary: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw isAuthError(error) || isAbortError(error) ? error : new AuthError(code, summary, { cause: error })
  }
}

/** Tokens in memory. With a listener that is where they are stored: tokens it could not take are given to it again. */
export function createMemoryTokenStore(tokens: OpenAIOAuthTokens | undefined, onTokens?: TokenListener): TokenStore {
  let current = tokens
  return {
    load: async () => current,
    async save(next) {
      await onTokens?.(next)
      current = next
    },
  }
}

/** The same store, with `onTokens` told after each write. */
export function withTokenListener(store: CredentialStore, onTokens: TokenListener): CredentialStore {
  return {
    ...store,
    async update(change, options) {
      let written: ChatgptCredential | undefined
      const result = await store.update(async (current, context) => {
        const decided = await change(current, context)
        written = 'write' in decided ? decided.write : undefined
        return decided
      }, options)
      if (written) await onTokens(toTokens(written))
      return result
    },
  }
}
