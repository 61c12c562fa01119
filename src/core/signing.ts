/**
 * How a request is signed, for what sends requests by itself: a websocket, a server that passes bytes on. Everything else takes `session.fetch`.
 *
 * @module
 */
export { createSigner } from './request-signature.js'
