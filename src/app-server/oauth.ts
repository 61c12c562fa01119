import type { CredentialStore, Fetch, Provider, Session } from '../core/index.js'

/** Where a sign-in has to end up, and with whom. Takes the place of those options in `signInWithDeviceCode`. */
export interface SignInPlace {
  readonly store: CredentialStore
  readonly provider: Provider
  readonly fetch: Fetch
  readonly signal?: AbortSignal
}

/** Lets a person sign in, in the way of the host; returns when the sign-in lies in `place.store`. */
export type SignIn = (place: SignInPlace) => Promise<unknown>

/** Whose sign-in the server uses, and where it lies. */
export type OAuthOptions = StoredOAuth | MemoryOAuth

/** A sign-in in the child's own `CODEX_HOME`; the child refreshes it by itself. */
export interface StoredOAuth {
  /**
   * `file`: in `auth.json`, whatever the configuration says, and the child is told so. `auto`: where the child's configuration says, which is
   * `auth.json` unless it names the keyring.
   */
  readonly storage?: 'file' | 'auto'
  /** Asked when no sign-in lies there that can still be used; without it that is `ERR_SIGN_IN_REQUIRED`. */
  readonly signIn?: SignIn
}

/** A sign-in that stays in this process; the server gets access tokens and nothing is written. Needs `experimentalApi`. */
export type MemoryOAuth = {
  readonly storage: 'memory'
  /**
   * Whether the server's requests for another token are answered from the session, which is the default. With `false` the host answers
   * `account/chatgptAuthTokens/refresh` by a handler of its own.
   */
  readonly autoRefresh?: boolean
} & (
  | {
      /** A session of the host's, over whatever store. */
      readonly session: Pick<Session, 'credential' | 'refresh'>
    }
  | {
      /** Signs in anew, into the memory of this process. */
      readonly signIn: SignIn
    }
)
