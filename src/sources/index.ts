/**
 * Where tokens come from that somebody else keeps alive, and the other way round: a command, a broker on this machine or elsewhere, an export
 * without a refresh token. A reader here can reach no token endpoint.
 *
 * @module
 */
export { exportAccessOnly, parseAccessDocument, type AccessGrant } from './access-document.js'
export { createBroker, createBrokerKey, type Broker, type BrokerOptions } from './broker.js'
export { fromBroker, type BrokerSourceOptions } from './broker-source.js'
export { fromCommand, type CommandSourceOptions } from './command.js'
export { listenBroker, type BrokerAddress, type BrokerListener } from './listen-broker.js'
