import type { CommandRun } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { formatInstant, toIsoTime } from '../format-time.js'
import { openProfile } from '../open-profile.js'

export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  const { expiresAtMs } = await openProfile(invocation).session.refresh({ signal: host.interrupted })
  if (options.isSet('json')) {
    host.stdout.write(`${JSON.stringify({ refreshed: true, expiresAt: toIsoTime(expiresAtMs) })}\n`)
  } else {
    const until = expiresAtMs === undefined ? '' : ` Valid until ${formatInstant(expiresAtMs, host.clock.now())}.`
    host.stderr.write(`Refreshed.${until}\n`)
  }
  return exitCodes.ok
}
