import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { AuthError, codexProvider, Secret, systemClock } from '../core/index.js'
import type { ChatgptCredential, Clock, CredentialStore } from '../core/index.js'
import { toCredential } from '../core/oauth.js'
import {
  createCodexStore,
  createLazyStore,
  findForeignCredentials,
  readForeignFile,
  type ForeignEnvironment,
  type ForeignFile,
} from '../stores/index.js'
import { variablesOf } from './process-environment.js'

/** Which file, and what may be done with it. */
export interface CodexAuthFileStoreOptions extends Partial<ForeignEnvironment> {
  /** The file itself, named `auth.json`; default: the first of the four that is there. */
  readonly authFilePath?: string
  /**
   * Refreshes the sign-in too, and so takes part in what another program keeps. Default: its tokens are borrowed as long as they last, and its
   * file is never written. Needs the optional peer `koffi`.
   */
  readonly share?: boolean
  readonly clock?: Clock
}

/** Tokens as `planpass/ai-sdk` takes them. */
export interface AuthFileTokens {
  readonly accessToken: string
  readonly refreshToken?: string | undefined
  readonly expiresAt?: number | undefined
  readonly idToken?: string | undefined
  readonly accountId?: string | undefined
}

/** The `tokenStore` of `planpass/ai-sdk` over the file of another program. */
export interface CodexAuthFileStore {
  /** A borrowed sign-in comes without its refresh token. */
  load(): Promise<AuthFileTokens | undefined>
  save(tokens: AuthFileTokens): Promise<void>
  readonly credentials: CredentialStore
}

/**
 * The sign-in of another program: `$CHATGPT_LOCAL_HOME/auth.json`, `$CODEX_HOME/auth.json`, `~/.chatgpt-local/auth.json`,
 * `~/.codex/auth.json`, the first that is there. Looked for when it is needed, so it may appear later.
 *
 * Throws, when used, AuthError `ERR_TOKEN_NOT_REFRESHABLE` when a borrowed token has ended, `ERR_SIGN_IN_REQUIRED`,
 * `ERR_TOKEN_UNSUPPORTED_MODE`, `ERR_STORE_*`, and with `share` what `createCodexStore` throws.
 *
 * ```ts
 * const openai = createOpenAIOAuth({ tokenStore: createCodexAuthFileStore() })
 * ```
 *
 * @throws AuthError `ERR_CONFIG_TOKEN_SOURCE` at once, for a file of another name
 */
export function createCodexAuthFileStore(options: CodexAuthFileStoreOptions = {}): CodexAuthFileStore {
  const { share = false, clock = systemClock, authFilePath } = options
  if (authFilePath !== undefined && basename(authFilePath) !== 'auth.json') {
    throw new AuthError('ERR_CONFIG_TOKEN_SOURCE', '`authFilePath` does not name an auth.json.')
  }
  const credentials = share ? createSharedStore(options, clock) : createBorrowedStore(options)
  return {
    async load() {
      const stored = await credentials.read()
      return stored?.mode === 'chatgpt' ? toTokens(stored) : undefined
    },
    save: (tokens) => saveTokens(credentials, tokens, clock),
    credentials,
  }
}

async function findFile(options: CodexAuthFileStoreOptions): Promise<ForeignFile | undefined> {
  const { authFilePath: path } = options
  if (path !== undefined) return { path, owner: 'the program that keeps it' }
  const [found] = await findForeignCredentials(toEnvironment(options))
  return found
}

function toEnvironment({ variables, homeFolder = homedir() }: CodexAuthFileStoreOptions): ForeignEnvironment {
  return { variables: variables ?? variablesOf(undefined), homeFolder }
}

/** Its refresh token is not ours to spend, so nobody above gets to see it. */
function createBorrowedStore(options: CodexAuthFileStoreOptions): CredentialStore {
  return {
    kind: 'borrowed',
    describe: () => 'the auth.json of another program',
    async read() {
      const file = await findFile(options)
      if (!file) return undefined
      const { refreshToken: _refreshToken, document: _document, ...credential } = await readForeignFile(file)
      return credential
    },
    async update() {
      const { path, owner } = (await findFile(options)) ?? { path: 'auth.json', owner: 'its owner' }
      throw new AuthError(
        'ERR_TOKEN_NOT_REFRESHABLE',
        `The sign-in in ${path} is borrowed: only ${owner} may renew it.`,
        {
          advice: `Use ${owner} once and try again, pass \`share: true\`, or run \`planpass login\`.`,
        },
      )
    },
  }
}

const describeShared = () => 'the auth.json of another program, shared with it'

/** Opened when it is first used: until then nobody knows where the file is. */
function createSharedStore(options: CodexAuthFileStoreOptions, clock: Clock): CredentialStore {
  return createLazyStore({ kind: 'codex', describe: describeShared }, async () => {
    const { variables, homeFolder } = toEnvironment(options)
    const path = (await findFile(options))?.path
    const codexHome = path === undefined ? variables['CODEX_HOME'] || join(homeFolder, '.codex') : dirname(path)
    return createCodexStore({ codexHome, mode: 'file', clock })
  })
}

function toTokens(credential: ChatgptCredential): AuthFileTokens {
  const { accessToken, refreshToken, idToken, expiresAtMs, accountId } = credential
  return {
    accessToken: accessToken.reveal(),
    ...(refreshToken && { refreshToken: refreshToken.reveal() }),
    idToken: idToken.reveal(),
    ...(expiresAtMs !== undefined && { expiresAt: expiresAtMs }),
    ...(accountId !== undefined && { accountId }),
  }
}

/** As a sign-in that has just succeeded: what the file says besides is kept. */
async function saveTokens(store: CredentialStore, tokens: AuthFileTokens, clock: Clock): Promise<void> {
  const { accessToken, refreshToken, idToken } = tokens
  if (!refreshToken || !idToken) {
    throw new AuthError('ERR_STORE_WRITE', 'An auth.json takes whole sign-ins: all three tokens.')
  }
  const signedIn = {
    accessToken: new Secret(accessToken),
    refreshToken: new Secret(refreshToken),
    idToken: new Secret(idToken),
  }
  await store.update(async (replaces) => ({
    write: toCredential({ provider: codexProvider, tokens: signedIn, nowMs: clock.now(), replaces }),
    result: undefined,
  }))
}
