import type { Fetch } from '../core/index.js'
import type { NetworkEnvironment } from '../network/index.js'
import { believesAnyCertificate } from './process-environment.js'

/** The transport of `createTransport`, made when something is first fetched: who never connects does not load what it takes to connect. */
export function createLazyTransport(environment: NetworkEnvironment): Fetch {
  let transport: Promise<Fetch> | undefined
  const variables = believesAnyCertificate() ? { ...environment, NODE_TLS_REJECT_UNAUTHORIZED: '0' } : environment
  const connect = async () => (await import('../network/index.js')).createTransport(variables)
  return async (input, init) => {
    transport ??= connect()
    return (await transport)(input, init)
  }
}
