import { AuthError } from '../core/index.js'

/** What `--port`, or another option, says; 0, any free port, when it is not given. @throws AuthError `ERR_CONFIG_USAGE` */
export function readPort(text = '0', option = '--port'): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new AuthError('ERR_CONFIG_USAGE', `${option} is not a port number.`)
}
