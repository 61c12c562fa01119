import { join } from 'node:path'
import { homeFolder } from '../../node/index.js'
import type { Environment } from '../host.js'

/** Where keys, counts, logs and running gateways are noted. No profile can be called that: their names begin with a letter or a digit. */
export function gatewayFolder(environment: Environment): string {
  return join(homeFolder(environment), '.gateway')
}

export function keysFolder(environment: Environment): string {
  return join(gatewayFolder(environment), 'keys')
}

/** Where a gateway in the background writes its lines. */
export function logFileOf(environment: Environment): string {
  return join(gatewayFolder(environment), 'serve.log')
}
