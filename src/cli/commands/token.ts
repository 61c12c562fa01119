import type { CommandRun } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { toIsoTime } from '../format-time.js'
import { freshCredential } from '../fresh-credential.js'

/** Prints an access token and nothing else, so that other programs can call it. */
export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  const { accessToken, expiresAtMs } = await freshCredential(invocation)
  const token = accessToken.reveal()
  const json = { accessToken: token, expiresAt: toIsoTime(expiresAtMs) }
  host.stdout.write(options.isSet('json') ? `${JSON.stringify(json)}\n` : `${token}\n`)
  return exitCodes.ok
}
