/**
 * A server of one's own that speaks OpenAI's API and answers with a ChatGPT plan: for one person, on their own machine.
 *
 * @module
 */
export * from './console-api.js'
