import type { CommandRun } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { openProfile } from '../open-profile.js'

const minimumValidityMs = 5 * 60 * 1000

/** Prints an access token and nothing else, so that other programs can call it. */
export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  const { session } = openProfile(invocation)
  const offered = await session.credential({ signal: host.interrupted })
  // A session serves the last minutes of a token it could not refresh; here that is a promise broken, so the failure must show.
  const isShort = offered.expiresAtMs !== undefined && offered.expiresAtMs <= host.clock.now() + minimumValidityMs
  const credential = isShort ? await session.refresh({ signal: host.interrupted }) : offered
  const token = credential.accessToken.reveal()
  const expiresAt = credential.expiresAtMs === undefined ? null : new Date(credential.expiresAtMs).toISOString()
  host.stdout.write(options.isSet('json') ? `${JSON.stringify({ accessToken: token, expiresAt })}\n` : `${token}\n`)
  return exitCodes.ok
}
