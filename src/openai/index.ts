/**
 * A ChatGPT plan for the official `openai` client, 6 and 7, and for what is built on it. Web APIs only; needs no import of the client.
 *
 * @module
 */
export { createOpenAIOptions, type OpenAIClientOptions } from './openai-options.js'
export { findAuthError } from '../backend/index.js'
