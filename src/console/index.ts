/**
 * The page that the gateway serves: who is signed in, what of the plan is used, which models there are, and what is going on.
 *
 * @module
 */
export { readConsoleFiles } from './read-console-files.js'
