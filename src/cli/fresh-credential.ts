import type { ChatgptCredential } from '../core/index.js'
import type { Invocation } from './command.js'
import { openProfile } from './open-profile.js'

const minimumValidityMs = 5 * 60 * 1000

/** A credential whose access token is good for at least five minutes. */
export async function freshCredential(invocation: Invocation): Promise<ChatgptCredential> {
  const { host } = invocation
  const { session } = openProfile(invocation)
  const offered = await session.credential({ signal: host.interrupted })
  // A session serves the last minutes of a token it could not refresh; here that is a promise broken, so the failure must show.
  const isShort = offered.expiresAtMs !== undefined && offered.expiresAtMs <= host.clock.now() + minimumValidityMs
  return isShort ? session.refresh({ signal: host.interrupted }) : offered
}
