import { join } from 'node:path'
import { AuthError, type Secret } from '../../core/index.js'
import { createBrokerKey, listenBroker, type BrokerAddress } from '../../sources/index.js'
import { assertGeneralAccessAllowed } from '../../siwc/index.js'
import type { CommandRun, Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { openProfile, type Profile } from '../open-profile.js'
import { readPort } from '../read-port.js'
import { untilInterrupted } from '../until-interrupted.js'

/** Listens until it is told to stop, then lets the requests finish that run; with `--json`, first one line `{"event":"listening",...}`. */
export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  const profile = openProfile(invocation)
  assertGeneralAccessAllowed(profile.provider)
  const port = options.text('port')
  const key = port === undefined ? undefined : createBrokerKey()
  const at: BrokerAddress = key ? { key, port: readPort(port) } : { socketPath: socketPathOf(profile) }
  await requireSignIn(profile)
  const listener = await listenBroker(profile.session, at, host.clock)
  try {
    announce(invocation, listener.address, key)
    await untilInterrupted(host.interrupted)
  } finally {
    await listener.close()
  }
  return exitCodes.ok
}

/** Longer paths do not fit into the address of a socket (unix(7): 108 bytes, 104 on macOS). */
const longestSocketPath = 103

function socketPathOf({ folder }: Profile): string {
  const path = join(folder, 'broker.sock')
  if (process.platform !== 'win32' && Buffer.byteLength(path) <= longestSocketPath) return path
  throw new AuthError('ERR_CONFIG_LISTEN', `There can be no socket at ${path}.`, {
    advice: 'Use --port to listen on the loopback interface instead.',
  })
}

/** Said here, to the person who starts it, and not to the programs that ask later. */
async function requireSignIn({ name, session }: Profile): Promise<void> {
  const { signedIn } = await session.status()
  if (!signedIn) throw new AuthError('ERR_SIGN_IN_REQUIRED', `Nobody is signed in in the profile \`${name}\`.`)
}

/** The key is shown this once; it is written nowhere and dies with the broker. */
function announce({ host, options }: Invocation, address: string, key: Secret | undefined): void {
  if (options.isSet('json')) {
    host.stdout.write(`${JSON.stringify({ event: 'listening', address, key: key?.reveal() ?? null })}\n`)
    return
  }
  host.stdout.write(`${address}\n${key ? `${key.reveal()}\n` : ''}`)
  const whoMayAsk = key
    ? 'Whoever sends the key of the second line as a bearer may ask'
    : 'Whoever may open that socket, which is you alone, may ask'
  host.stderr.write(`The broker listens. ${whoMayAsk} for access tokens. Ctrl-C stops it.\n`)
}
