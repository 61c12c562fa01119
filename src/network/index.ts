/**
 * One transport for all traffic of a process.
 *
 * @module
 */
export { chosenAuthorities, readExtraAuthorities, type AuthoritiesFile } from './certificate-authorities.js'
export { type AuthoritiesVariable, type NetworkEnvironment, type ProxyVariable } from './environment.js'
export { ByteOutlet, fromStream, toStream, type ByteReceiver, type ByteSource } from './byte-source.js'
export { type ProxyServer } from './chosen-proxy.js'
export { describeRoute, routeInWords, type Route } from './route.js'
export { createTransport } from './transport.js'
export {
  createWire,
  type IncomingHeaders,
  type Wire,
  type WireAnswer,
  type WireExchange,
  type WireRequest,
} from './wire.js'
