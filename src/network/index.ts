/**
 * One transport for all traffic of a process.
 *
 * @module
 */
export { chosenAuthorities, readExtraAuthorities, type AuthoritiesFile } from './certificate-authorities.js'
export { createTransport, type NetworkEnvironment } from './transport.js'
