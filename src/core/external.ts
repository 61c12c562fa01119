/**
 * Tokens that somebody else owns: a host, a command, a broker. A face of its own, so that programs with a sign-in of their own do not carry it.
 *
 * @module
 */
export {
  bearerTokens,
  chatgptTokens,
  fromFunction,
  fromSession,
  replaceRejected,
  requireChatgptMetadata,
  sourceFailure,
  toExternalTokens,
  type ChatgptMetadata,
  type ExternalAuth,
  type ExternalRefreshContext,
  type ExternalTokens,
} from './external-auth.js'
export {
  createExternalSession,
  type ExternalSession,
  type ExternalSessionOptions,
  type ExternalStatus,
} from './external-session.js'
