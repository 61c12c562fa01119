import type { Server, ServerOptions } from 'node:http'
import { createServer } from 'node:https'
import { AuthError } from '../core/index.js'

/** As long as headers may take. */
const handshakeTimeout = 10_000

/** @throws AuthError `ERR_CONFIG_LISTEN` when the certificate or its key is none, or the two do not belong together */
export function createTlsServer(limits: ServerOptions, tls: { readonly cert: string; readonly key: string }): Server {
  try {
    return createServer({ ...limits, handshakeTimeout, ...tls })
  } catch (cause) {
    throw new AuthError('ERR_CONFIG_LISTEN', 'The certificate and its key cannot be used.', {
      advice: 'Both have to be PEM, and the key that of the certificate and without a passphrase.',
      cause,
    })
  }
}
