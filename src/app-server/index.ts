/**
 * Hosting Codex: a client of `codex app-server`, with a credential that the host owns, and a provider for `codex exec` and the terminal program.
 *
 * @module
 */
export {
  connectAppServer,
  type AppServer,
  type AppServerOptions,
  type AppServerTransport,
  type ServerRequestHandlers,
} from './connect-app-server.js'
export type { Account, Login, StartedLogin } from './account.js'
export type { AuthOptions, ModelProvider } from './auth-plan.js'
export type { EnvironmentInput } from './child-environment.js'
export { serveCodexAuth, type CodexAuthOptions, type CodexAuthServer } from './codex-auth-server.js'
export { createCodexProviderFlags, type AuthCommand, type CodexProviderOptions } from './codex-provider.js'
export type { ListenOptions, NotificationOf } from './notifications.js'
export type { MemoryOAuth, OAuthOptions, SignIn, SignInPlace, StoredOAuth } from './oauth.js'
export type { CallOptions } from './pending-calls.js'
export type { ClientCalls, Notifications, ServerCalls } from './protocol/methods.js'
export { mergeRateLimits } from './rate-limits.js'
export { relayAppServer, type AppServerRelay, type RelayOptions } from './relay.js'
export { RpcRefusedError } from './rpc-refused-error.js'
export type { RawNotification } from './rpc-peer.js'
export { collectTurn, type Thread, type Turn, type TurnEvent, type TurnOptions, type TurnOutcome } from './thread.js'
