/**
 * Sign in with a ChatGPT plan once, and stay signed in: the credential, the session that keeps it alive, and the protocol steps below them.
 * Web APIs only; runs wherever `fetch` and WebCrypto do.
 *
 * @module
 */
export {
  AuthError,
  errorTable,
  isAbortError,
  isAuthError,
  type AuthErrorDetails,
  type ErrorCode,
  type Remedy,
} from './errors.js'
export { fingerprint, Secret } from './secret.js'
export { systemClock, type Clock } from './clock.js'
export { defaultRefreshWindowMs, dueReason, isExpired } from './expiry.js'
export { silentLogger, type Logger } from './logger.js'
export { decodeClaims, readExpiry, readIdentity, type Identity } from './claims.js'
export {
  isSameAccount,
  type ChatgptCredential,
  type Credential,
  type ForeignCredential,
  type Provenance,
  type TokenSet,
} from './credential.js'
export { parseAuthFile, serializeAuthFile } from './auth-file.js'
export { codexProvider, createCodexProvider, endpointsOf, type ProviderOverrides } from './providers/codex.js'
export type {
  AuthorizationAttempt,
  ConfirmContext,
  Provider,
  ProviderWays,
  ShapedRequest,
} from './providers/provider.js'
export { createClientIdentity, packageVersion, type ClientIdentity } from './client-identity.js'
export { causesOf, codeOf, platformFetch, readText, toNetworkError, type Fetch } from './network-failure.js'
export { describeFailure, readFailedResponse, type FailedResponse } from './failed-response.js'
export { classifyFailure, type FailureRow } from './failure-table.js'
export {
  createMemoryStore,
  createTurns,
  type Change,
  type ChangeContext,
  type CredentialStore,
  type RefreshIntent,
  type UnfinishedIntent,
  type StoreOptions,
  type UpdateOptions,
} from './store.js'
export { createMemoryVerdicts, type RefreshVerdict, type RefreshVerdicts } from './refresh-verdicts.js'
export { createSession, type Session, type RefreshOptions, type SessionOptions, type WaitOptions } from './session.js'
export type { SessionEvent, SessionListener } from './session-events.js'
export {
  readSessionStatus,
  type SessionState,
  type SessionStatus,
  type SessionStatusOptions,
} from './session-status.js'
export {
  revokeCredential,
  type ForgetResult,
  type RevocationResult,
  type RevokeOptions,
  type SignOutResult,
} from './sign-out.js'
export {
  isJsonObject,
  parseJsonObject,
  readNumber,
  readObject,
  readString,
  type JsonObject,
  type JsonValue,
} from './json.js'
export { toOneSafeLine } from './to-one-safe-line.js'
export { waitFor } from './wait-for.js'
export { isLoopback, parseServiceUrl, trimTrailingSlashes } from './url.js'
