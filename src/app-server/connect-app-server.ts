import {
  AuthError,
  createClientIdentity,
  silentLogger,
  systemClock,
  type Clock,
  type JsonValue,
  type Logger,
  type Secret,
} from '../core/index.js'
import { createAccount, type Account } from './account.js'
import { planAuth, type AuthOptions, type AuthPlan } from './auth-plan.js'
import { defaultMaxMessageBytes, type OpenChannel } from './channel.js'
import { openChildChannel } from './child-channel.js'
import { requireFolder, toChildEnvironment, type EnvironmentInput } from './child-environment.js'
import { listen, listenToAll, type ListenOptions, type NotificationOf } from './notifications.js'
import type { CallOptions } from './pending-calls.js'
import type { ClientCalls, Notifications, ServerCalls } from './protocol/methods.js'
import type { InitializeParams, InitializeResponse, ThreadStartParams } from './protocol/wire.js'
import { openRpcPeer, type RawNotification, type RequestHandler, type RpcPeer } from './rpc-peer.js'
import { startThread, type Thread } from './thread.js'
import { callTyped } from './typed-call.js'
import { openWebSocketChannel } from './websocket-channel.js'

/** Where the app server is. */
export type AppServerTransport =
  | {
      /** A child of this process, which ends with it. */
      readonly kind: 'stdio'
      /** An absolute path, or a name on the PATH of `environment`; `codex` when not given. */
      readonly command?: string
      /** `['app-server']` when not given; flags for the sign-in are added at the end. */
      readonly args?: readonly string[]
    }
  | {
      /** One that runs already: `wss://…`, `ws://` on loopback, or `unix:/path` of its socket. Needs the package `ws`. */
      readonly kind: 'websocket'
      readonly address: string
      readonly bearer?: Secret
    }

/** Answers to what the server asks, by method. What is not here is refused by its name. */
export type ServerRequestHandlers = {
  readonly [Method in keyof ServerCalls]?: (
    params: ServerCalls[Method]['params'],
  ) => Promise<ServerCalls[Method]['result']>
} & Readonly<Record<string, ((params: never) => Promise<unknown>) | undefined>>

/** How to connect. */
export interface AppServerOptions extends AuthOptions {
  readonly transport: AppServerTransport
  /** Who you are: the server names itself to OpenAI with this. Your own name, never another product's. */
  readonly client: { readonly name: string; readonly title?: string; readonly version: string }
  /** The folder the child works in, absolute; with a server that runs already, the one its configuration is looked up for. */
  readonly cwd: string
  /** All variables the child gets; what this process has is not added. `PATH` and `HOME` or `CODEX_HOME` are usual. */
  readonly environment: EnvironmentInput
  readonly experimentalApi?: boolean
  readonly handlers?: ServerRequestHandlers
  /** How long a call waits; default 30000. */
  readonly requestTimeoutMs?: number
  /** How many notifications may wait for one reader; default 1000. */
  readonly queueLimit?: number
  /** The connection ends at a longer message; default 64 MiB. */
  readonly maxMessageBytes?: number
  /** How long a request of the server for another token is held; default 9000, since the server gives up after ten seconds. */
  readonly refreshPatienceMs?: number
  /** Cancels connecting. */
  readonly signal?: AbortSignal
  readonly clock?: Clock
  /** Gets the child's standard error too, without what looks like a secret. */
  readonly logger?: Logger
}

/** A connection to an app server. Its calls throw AuthError `ERR_RPC_*`. */
export interface AppServer {
  /** What the server said of itself. */
  readonly server: InitializeResponse
  readonly account: Account
  startThread(params?: ThreadStartParams): Promise<Thread>
  call<Method extends keyof ClientCalls>(
    method: Method,
    params: ClientCalls[Method]['params'],
    options?: CallOptions,
  ): Promise<ClientCalls[Method]['result']>
  /** Any other method of the server. */
  callUntyped(method: string, params: JsonValue, options?: CallOptions): Promise<JsonValue>
  /**
   * The notifications with these names, from this call on. Each reader has a queue of its own; one that is too slow ends with
   * `ERR_RPC_OVERFLOW`, and nobody else waits for it. The iteration ends with `close`, and throws when the server is gone.
   */
  notifications<Method extends keyof Notifications>(
    methods: readonly Method[],
    options?: ListenOptions,
  ): AsyncIterable<NotificationOf<Method>>
  /** All notifications, also those without a type here; a first reader also gets the last ones that came before. */
  allNotifications(options?: ListenOptions): AsyncIterable<RawNotification>
  /** Resolves when the connection has ended, with the reason: of a child, how it ended and its last words. */
  readonly ended: Promise<AuthError>
  /** Ends the connection, and the child with it, within a few seconds. Safe to call twice. */
  close(): Promise<void>
}

/**
 * Starts or joins `codex app-server`, and signs it in. Nothing is started again by itself: when `ended` resolves, connect anew.
 *
 * @throws AuthError `ERR_CONFIG_*`, `ERR_SIGN_IN_*`, `ERR_TOKEN_*`, `ERR_STORE_*`, `ERR_NETWORK_*`, `ERR_RPC_*`
 *
 * ```ts
 * const server = await connectAppServer({
 *   transport: { kind: 'stdio' },
 *   client: { name: 'my-editor', version: '1.0.0' },
 *   cwd: '/home/me/project',
 *   environment: { PATH: '/usr/bin:/bin', HOME: '/home/me' },
 *   experimentalApi: true,
 *   oauth: { storage: 'memory', session },
 * })
 * ```
 */
export async function connectAppServer(options: AppServerOptions): Promise<AppServer> {
  options.signal?.throwIfAborted()
  const settings = toSettings(options)
  const openWith = toChannel(settings)
  const plan = await planAuth(settings)
  try {
    const peer = await openRpcPeer({
      ...settings,
      open: openWith(plan.flags),
      handlers: mergeHandlers(plan, options.handlers ?? {}),
    })
    void peer.ended.then(plan.close)
    return await greet(peer, settings, plan)
  } catch (error) {
    await plan.close()
    throw error
  }
}

function toSettings(options: AppServerOptions) {
  const { oauth, externalAuth, modelProvider, transport, client } = options
  // The server speaks to OpenAI under this name (docs/decisions/0004).
  createClientIdentity(client.name, client.version)
  return {
    ...options,
    cwd: requireFolder(options.cwd),
    environment: toChildEnvironment(options.environment, Boolean(oauth ?? externalAuth ?? modelProvider)),
    isChild: transport.kind === 'stdio',
    experimentalApi: options.experimentalApi ?? false,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    queueLimit: options.queueLimit ?? 1000,
    maxMessageBytes: options.maxMessageBytes ?? defaultMaxMessageBytes,
    refreshPatienceMs: options.refreshPatienceMs ?? 9000,
    clock: options.clock ?? systemClock,
    logger: options.logger ?? silentLogger,
  }
}

type Settings = ReturnType<typeof toSettings>

/** An address that is of no use is refused before anybody is asked to sign in. */
function toChannel(settings: Settings): (flags: readonly string[]) => OpenChannel {
  const { transport, requestTimeoutMs: connectTimeoutMs } = settings
  if (transport.kind === 'websocket') {
    const open = openWebSocketChannel({ ...settings, ...transport, connectTimeoutMs })
    return () => open
  }
  const { command = 'codex', args = ['app-server'] } = transport
  return (flags) => openChildChannel({ ...settings, command, args: [...args, ...flags] })
}

/** Nothing is answered twice: with `autoRefresh: false` the host's own answer is the only one. */
function mergeHandlers(plan: AuthPlan, own: ServerRequestHandlers): ReadonlyMap<string, RequestHandler> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a handler gets what the pinned server sends for its method
  const handlers = Object.entries(own).filter(([, handler]) => handler) as unknown as [string, RequestHandler][]
  const taken = handlers.map(([method]) => method).find((method) => plan.handlers.has(method))
  if (taken === undefined) return new Map([...plan.handlers, ...handlers])
  throw new AuthError('ERR_CONFIG_USAGE', `${taken} would be answered twice.`, {
    advice: 'Leave it to the connection, or set `autoRefresh: false`.',
  })
}

/** Says hello and signs in; a connection that does not get that far is closed again. */
async function greet(peer: RpcPeer, settings: Settings, plan: AuthPlan): Promise<AppServer> {
  try {
    const server = await initialize(peer, settings)
    const connection = createAppServer(peer, server, plan)
    await plan.signIn(connection.account, settings.signal)
    return connection
  } catch (error) {
    await peer.close()
    throw error
  }
}

async function initialize(peer: RpcPeer, { client, experimentalApi, signal }: Settings): Promise<InitializeResponse> {
  const params: InitializeParams = {
    clientInfo: { name: client.name, title: client.title ?? null, version: client.version },
    capabilities: { experimentalApi, requestAttestation: false },
  }
  const answer: unknown = await peer.call('initialize', params, { signal })
  peer.notify('initialized')
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types are the pinned server's own, see tools/generate-app-server-types.mjs
  return answer as InitializeResponse
}

function createAppServer(peer: RpcPeer, server: InitializeResponse, plan: AuthPlan): AppServer {
  return {
    server,
    account: createAccount(peer),
    startThread: (params = {}) => startThread(peer, params),
    call: (method, params, options) => callTyped(peer, method, params, options),
    callUntyped: (method, params, options) => peer.call(method, params, options),
    notifications: (methods, options) => listen(peer, methods, options),
    allNotifications: (options) => listenToAll(peer, options),
    ended: peer.ended,
    async close() {
      await peer.close()
      await plan.close()
    },
  }
}
