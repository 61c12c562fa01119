/**
 * A server of one's own that speaks OpenAI's API and answers with a ChatGPT plan: for one person, on their own machine.
 *
 * @module
 */
export { createGateway, type Gateway } from './create-gateway.js'
export type { ConsoleOptions, GatewayLimits, GatewayOptions } from './gateway-options.js'
export { listenGateway, type GatewayListener, type ListenOptions } from './listen-gateway.js'
export { fromSession, type GatewayProfile, type GatewayProfiles } from './profile-shelf.js'
export { createApiKey, digestKey } from './api-key.js'
export { createKeyRing, type ClientKey, type KeyRing, type StoredKey } from './key-ring.js'
export { createKeyFolder, type KeyFolder, type NewKey } from './key-folder.js'
export { openTokenLedger, type TokenLedger } from './token-ledger.js'
export type { AnswerTokens } from './token-counts.js'
export type { ConsoleSignIn, ShownCode } from './console-sign-in.js'
export * from './console-api.js'
