/**
 * A ChatGPT plan as a provider of the Vercel AI SDK, 6 and 7, and what a host needs to keep the tokens. Web APIs only.
 *
 * @module
 */
export { createOpenAIOAuth, type OpenAIOAuthProvider, type OpenAIOAuthProviderSettings } from './create-openai-oauth.js'
export { createCodexOAuthFetch } from './codex-oauth-fetch.js'
export { startOpenAIDeviceFlow, type OpenAIDeviceFlow, type OpenAIDeviceFlowOptions } from './device-flow.js'
export type { OpenAIOAuthModel } from './plan-model.js'
export type { OpenAIOAuthTokens } from './oauth-tokens.js'
export type { OpenAIOAuthSettings } from './settings.js'
export { createMemoryTokenStore, type TokenListener, type TokenStore } from './token-store.js'
export { findAuthError } from '../backend/index.js'
