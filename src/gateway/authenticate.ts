import type { AskedRequest } from './asked-request.js'
import type { ClientKey, KeyRing } from './key-ring.js'
import type { ConsoleSessions } from './console-session.js'
import { Refusal } from './refusal.js'

/** Whose request it is. */
export type Client = Pick<ClientKey, 'name' | 'models' | 'dailyTokens'>

const consoleClient: Client = { name: 'console' }

/** Says whose a request is: that of a key, or of the console's playground. @throws Refusal 401, 403 */
export type Authenticate = (request: AskedRequest) => Promise<Client>

export function createAuthenticate(keys: KeyRing, sessions: ConsoleSessions): Authenticate {
  return async (request) => {
    const key = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
    if (key === undefined && sessions.has(request)) {
      sessions.require(request)
      return consoleClient
    }
    const found = key === undefined ? undefined : await keys.find(key)
    if (found) return found
    const words = key === undefined ? 'This gateway wants a key of `planpass keys`.' : 'This key is not known here.'
    throw new Refusal(401, 'invalid_api_key', words, { 'www-authenticate': 'Bearer' })
  }
}
