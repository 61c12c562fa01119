import { join } from 'node:path'
import {
  AuthError,
  createMemoryVerdicts,
  readSessionStatus,
  type ChatgptCredential,
  type Clock,
  type CredentialStore,
} from '../core/index.js'
import { assertLoginAllowed } from '../sources/index.js'
import { createCodexStore, createFileStore } from '../stores/index.js'
import type { OAuthContext } from './oauth-context.js'
import type { StoredOAuth } from './oauth.js'

/** What a stored sign-in is looked up with. */
export interface StoredSignInOptions {
  readonly context: OAuthContext
  readonly oauth: StoredOAuth
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

/**
 * Sees to a sign-in in the child's home before the child starts: one that lies there and can still be used, else a new one. A sign-in that the
 * configuration forbids is refused here, because the child would delete it (protocol 10.3).
 *
 * @returns where it lies, for the child
 * @throws AuthError `ERR_SIGN_IN_REQUIRED`, `ERR_SIGN_IN_NOT_ALLOWED`, `ERR_TOKEN_UNSUPPORTED_MODE`, `ERR_CONFIG_USAGE`, `ERR_STORE_*`, and
 *   what `oauth.signIn` throws
 */
export async function ensureStoredSignIn(options: StoredSignInOptions): Promise<'file' | 'keyring'> {
  const { context, oauth, clock, signal } = options
  const codexHome = requireHome(context)
  const mode = chooseMode(oauth.storage ?? 'auto', context)
  const store = openStore(codexHome, mode, clock)
  if (!(await isUsable(store, clock))) {
    if (!oauth.signIn) throw new AuthError('ERR_SIGN_IN_REQUIRED', `Nobody is signed in in ${codexHome}.`)
    const { provider, fetch } = context
    await oauth.signIn({ store, provider, fetch, ...(signal && { signal }) })
  }
  const { mode: login, accountId } = await readChatgpt(store)
  assertLoginAllowed({ mode: login, ...(accountId !== undefined && { accountId }) }, context.restrictions)
  return mode
}

function requireHome({ codexHome }: OAuthContext): string {
  if (codexHome !== undefined) return codexHome
  throw new AuthError('ERR_CONFIG_USAGE', "The child's environment has neither CODEX_HOME nor HOME.", {
    advice: 'Name one of them in `environment`, or choose `storage: "memory"`.',
  })
}

/** Windows has none of the locks of the Codex CLI; there the file is replaced whole. */
function openStore(codexHome: string, mode: 'file' | 'keyring', clock: Clock): CredentialStore {
  const isWindowsFile = process.platform === 'win32' && mode === 'file'
  return isWindowsFile ? createFileStore(join(codexHome, 'auth.json')) : createCodexStore({ codexHome, mode, clock })
}

function chooseMode(storage: 'file' | 'auto', { credentialsStore }: OAuthContext): 'file' | 'keyring' {
  if (storage === 'file') return 'file'
  if (credentialsStore === 'file' || credentialsStore === 'keyring') return credentialsStore
  throw new AuthError('ERR_CONFIG_USAGE', `The child's configuration keeps sign-ins in: ${credentialsStore}.`, {
    advice: 'Choose `storage: "file"`, or `storage: "memory"`.',
  })
}

async function isUsable(store: CredentialStore, clock: Clock): Promise<boolean> {
  const { state, mode } = await readSessionStatus({ store, verdicts: createMemoryVerdicts(), clock })
  if (state !== 'unsupported') return state === 'valid' || state === 'refreshable'
  throw new AuthError('ERR_TOKEN_UNSUPPORTED_MODE', `What lies in ${store.describe()} has the mode ${mode}.`, {
    advice: 'Use another CODEX_HOME, or sign that one out; nothing was replaced.',
  })
}

async function readChatgpt(store: CredentialStore): Promise<ChatgptCredential> {
  const credential = await store.read()
  if (credential?.mode === 'chatgpt') return credential
  throw new AuthError('ERR_SIGN_IN_FAILED', `The host's sign-in left none in ${store.describe()}.`)
}
