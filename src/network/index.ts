/**
 * One transport for all traffic of a process.
 *
 * @module
 */
export { createTransport, type NetworkEnvironment } from './transport.js'
