import { AuthError, isAuthError, type ChatgptCredential, type Clock, type CredentialStore } from '../core/index.js'
import { createMemoryVerdicts, readSessionStatus, type Provider, type RefreshVerdicts } from '../core/index.js'
import {
  assertSameProvider,
  expectAccount,
  toSignInResult,
  type AccountExpectation,
  type SignInResult,
} from '../sign-in/index.js'

interface StoredSignInOptions {
  readonly store: CredentialStore
  readonly provider: Provider
  readonly clock: Clock
  readonly verdicts: RefreshVerdicts | undefined
  readonly expect: AccountExpectation
}

/**
 * Who is signed in, if a new sign-in would only take that away. Whose sign-in has come to its end is asked again.
 *
 * @throws AuthError `ERR_SIGN_IN_WRONG_ACCOUNT` when it is not who is expected, before anybody is asked for anything; `ERR_STORE_*`
 */
export async function findStoredSignIn(options: StoredSignInOptions): Promise<SignInResult | undefined> {
  const { store, provider, clock, verdicts = createMemoryVerdicts(), expect } = options
  const credential = await readSignIn(store)
  assertSameProvider(credential, provider)
  if (expect.mayReplace) return undefined
  if (!credential) return undefined
  const { signedIn, reason } = await readSessionStatus({ store, verdicts, clock })
  if (!signedIn || reason !== undefined) return undefined
  requireExpected(credential, expect)
  return toSignInResult({ credential, provider, store, flow: 'stored', warnings: [] })
}

function requireExpected(credential: ChatgptCredential, expect: AccountExpectation): void {
  try {
    expectAccount(expect)(credential, undefined)
  } catch (error) {
    if (!isAuthError(error)) throw error
    const advice = 'Use another --profile for it, or replace the sign-in with --switch-account.'
    throw new AuthError(error.code, 'Somebody else is signed in than is expected. Nothing was replaced.', { advice })
  }
}

/** What cannot be read is no reason not to sign in: a copy of it is kept then. */
async function readSignIn(store: CredentialStore): Promise<ChatgptCredential | undefined> {
  try {
    const stored = await store.read()
    return stored && 'accessToken' in stored ? stored : undefined
  } catch (error) {
    if (isAuthError(error) && error.code === 'ERR_STORE_CORRUPT') return undefined
    throw error
  }
}
