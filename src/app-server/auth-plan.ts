import { AuthError, createMemoryStore, createSession, type Clock, type JsonValue, type Logger } from '../core/index.js'
import { fromSession, type ExternalAuth } from '../core/external.js'
import { assertLoginAllowed } from '../sources/index.js'
import type { Account } from './account.js'
import type { ChildEnvironment } from './child-environment.js'
import { serveCodexAuth } from './codex-auth-server.js'
import { createCodexProviderFlags } from './codex-provider.js'
import { resolveOAuthContext, type OAuthContext } from './oauth-context.js'
import type { MemoryOAuth, OAuthOptions, StoredOAuth } from './oauth.js'
import { createRefreshResponder } from './refresh-responder.js'
import type { RequestHandler } from './rpc-peer.js'
import { ensureStoredSignIn } from './stored-sign-in.js'

/** A model provider of the host's, whose tokens are plain bearers. */
export interface ModelProvider {
  readonly auth: ExternalAuth
  /** Where requests go, without `/responses`. */
  readonly baseUrl: string
  readonly name?: string
  /** Sent with each request. No secrets: they stand in the arguments of a process. */
  readonly headers?: Readonly<Record<string, string>>
  /** The Node that fetches the tokens; this process's own when not given. */
  readonly nodePath?: string
}

/** Whose credential a connection uses: one of these, or what the server has by itself. */
export interface AuthOptions {
  readonly oauth?: OAuthOptions
  /** Tokens of a ChatGPT account that the host gets from elsewhere. Needs `experimentalApi`. */
  readonly externalAuth?: ExternalAuth
  /** Tokens without an account, for a provider of the host's own; for a child only. */
  readonly modelProvider?: ModelProvider
}

/** What a way to sign in asks of a connection. */
export interface AuthPlan {
  /** For the child's command line. */
  readonly flags: readonly string[]
  readonly handlers: ReadonlyMap<string, RequestHandler>
  /** Once the server has been greeted. */
  signIn(account: Account, signal: AbortSignal | undefined): Promise<void>
  readonly close: () => Promise<void>
}

/** What a plan is made from. */
export interface PlanOptions extends AuthOptions {
  readonly isChild: boolean
  readonly experimentalApi: boolean
  readonly environment: ChildEnvironment
  readonly cwd: string
  readonly refreshPatienceMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly signal?: AbortSignal | undefined
}

const nothing: AuthPlan = { flags: [], handlers: new Map(), signIn: async () => {}, close: async () => {} }

/**
 * Everything that is done about the credential before the server is there.
 *
 * @throws AuthError `ERR_CONFIG_USAGE` for ways that do not go together, and what the chosen way throws
 */
export async function planAuth(options: PlanOptions): Promise<AuthPlan> {
  const { oauth, externalAuth, modelProvider } = options
  if ([oauth, externalAuth, modelProvider].filter(Boolean).length > 1) {
    throw misuse('One of `oauth`, `externalAuth` and `modelProvider` can be used at a time.')
  }
  if (modelProvider) return planProvider(options, modelProvider)
  if (externalAuth) return planTokens(options, externalAuth, true)
  if (!oauth) return nothing
  return oauth.storage === 'memory' ? planMemory(options, oauth) : planStored(options, oauth)
}

async function planStored(options: PlanOptions, oauth: StoredOAuth): Promise<AuthPlan> {
  const { isChild, environment, cwd, clock, signal } = options
  if (!isChild) throw misuse('A server that runs already keeps its sign-in by itself: use `storage: "memory"`.')
  const context = await resolveOAuthContext(environment, cwd)
  const storage = await ensureStoredSignIn({ context, oauth, clock, signal })
  return { ...nothing, flags: ['-c', `cli_auth_credentials_store="${storage}"`] }
}

async function planMemory(options: PlanOptions, oauth: MemoryOAuth): Promise<AuthPlan> {
  assertExperimental(options)
  const context = await resolveOAuthContext(options.environment, options.cwd)
  const session = 'session' in oauth ? oauth.session : await signInToMemory(context, oauth.signIn, options)
  return planTokens(options, fromSession(session), oauth.autoRefresh ?? true, context)
}

async function signInToMemory(
  { provider, fetch }: OAuthContext,
  signIn: Extract<MemoryOAuth, { signIn: unknown }>['signIn'],
  { clock, logger, signal }: PlanOptions,
) {
  const store = createMemoryStore()
  await signIn({ store, provider, fetch, ...(signal && { signal }) })
  return createSession({ store, provider, fetch, clock, logger })
}

/** The server keeps what it is given in memory; it is told to look at no store, so that none of the person's own is used or signed out. */
async function planTokens(
  options: PlanOptions,
  auth: ExternalAuth,
  autoRefresh: boolean,
  context?: OAuthContext,
): Promise<AuthPlan> {
  assertExperimental(options)
  const { environment, cwd, logger, refreshPatienceMs } = options
  const { restrictions } = context ?? (await resolveOAuthContext(environment, cwd))
  const responder = createRefreshResponder({ auth, logger, patienceMs: refreshPatienceMs })
  const tokens = await responder.first()
  assertLoginAllowed({ mode: 'chatgptAuthTokens', accountId: tokens.chatgpt.accountId }, restrictions)
  const handlers = new Map<string, RequestHandler>()
  if (autoRefresh) handlers.set('account/chatgptAuthTokens/refresh', (params: JsonValue) => responder.answer(params))
  return {
    ...nothing,
    flags: ['-c', 'cli_auth_credentials_store="ephemeral"'],
    handlers,
    async signIn(account, signal) {
      const started = await account.login({ type: 'chatgptAuthTokens', tokens }, { signal })
      // Some time after the answer: the server looks up the workspace first, and may refuse it (protocol 8.2).
      await started.completed({ signal })
    },
  }
}

async function planProvider(options: PlanOptions, provider: ModelProvider): Promise<AuthPlan> {
  if (!options.isChild) throw misuse('A server that runs already takes no model provider from here.')
  const { auth, baseUrl, name, headers, nodePath } = provider
  const server = await serveCodexAuth({ auth, logger: options.logger, ...(nodePath !== undefined && { nodePath }) })
  const flags = createCodexProviderFlags({
    auth: server.command,
    baseUrl,
    ...(name !== undefined && { name }),
    ...(headers && { headers }),
  })
  return { ...nothing, flags, close: server.close }
}

function assertExperimental({ experimentalApi }: PlanOptions): void {
  if (!experimentalApi) throw misuse('The server takes tokens from a host only with `experimentalApi: true`.')
}

function misuse(summary: string): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', summary, { advice: 'Change the options of the connection.' })
}
