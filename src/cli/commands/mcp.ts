import { createAgent, requireDeviceCodes, serveMcp, type McpListener } from '../../agent/index.js'
import type { CommandRun, Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { openProfile } from '../open-profile.js'
import { readPort } from '../read-port.js'
import { untilInterrupted } from '../until-interrupted.js'

/** Serves until it is told to stop, or until the client closes the standard streams, which belong to it alone. */
export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  const port = options.text('port')
  const profile = openProfile(invocation)
  requireDeviceCodes(profile.provider)
  const agent = createAgent({ ...profile, clock: host.clock })
  const logger = { debug: () => {}, warn: (message: string) => host.stderr.write(`planpass: ${message}\n`) }
  const served = await serveMcp({ agent, logger, ...(port !== undefined && { port: readPort(port) }) })
  try {
    announce(served, invocation)
    await untilInterrupted(host.interrupted)
  } finally {
    await served.close()
  }
  return exitCodes.ok
}

/** The key is shown this once; it is written nowhere and dies with the server. */
function announce({ address, key }: McpListener, { host, options }: Invocation): void {
  if (address === undefined || key === undefined) return
  if (options.isSet('json')) {
    host.stdout.write(`${JSON.stringify({ event: 'listening', address, key: key.reveal() })}\n`)
    return
  }
  host.stdout.write(`${address}\n${key.reveal()}\n`)
  host.stderr.write('The MCP server listens. Clients send the key of the second line as a bearer. Ctrl-C stops it.\n')
}
