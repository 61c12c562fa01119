import { dueReason, type ChatgptCredential } from '../core/index.js'
import { assertGeneralAccessAllowed } from '../siwc/index.js'
import type { Invocation } from './command.js'
import { openStore } from './open-store.js'

const minimumValidityMs = 5 * 60 * 1000
/** A session may refresh so much earlier, see `SessionOptions.random`. */
const jitterRoomMs = minimumValidityMs / 10

/** A credential whose access token is good for at least five minutes. Most of the time that is the stored one, and no session is needed. */
export async function freshCredential(invocation: Invocation): Promise<ChatgptCredential> {
  const { host } = invocation
  const { store, provider } = openStore(invocation)
  assertGeneralAccessAllowed(provider)
  const stored = await store.read()
  const isGood = stored?.mode === 'chatgpt' && !dueReason(stored, host.clock.now(), minimumValidityMs + jitterRoomMs)
  return isGood ? stored : refreshedCredential(invocation)
}

async function refreshedCredential(invocation: Invocation): Promise<ChatgptCredential> {
  const { host } = invocation
  const { openProfile } = await import('./open-profile.js')
  const { session } = openProfile(invocation)
  const offered = await session.credential({ signal: host.interrupted })
  // A session serves the last minutes of a token it could not refresh; here that is a promise broken, so the failure must show.
  const isShort = offered.expiresAtMs !== undefined && offered.expiresAtMs <= host.clock.now() + minimumValidityMs
  return isShort ? session.refresh({ signal: host.interrupted }) : offered
}
