import { createInterface } from 'node:readline'
import { relayAppServer } from '../../app-server/index.js'
import type { ExternalAuth } from '../../core/external.js'
import type { Host } from '../host.js'
import type { CodexProgram } from './find-codex.js'
import { keepsNothing } from './keeps-nothing.js'
import { startChild, untilEnded } from './run-child.js'

/** Runs `codex app-server` for whoever talks to us on stdin and stdout, with our tokens in its memory and none on its disk. */
export async function runAppServer(program: CodexProgram, auth: ExternalAuth, host: Host): Promise<number> {
  const args = [...program.args, ...keepsNothing]
  const child = await startChild({ ...program, args }, ['pipe', 'pipe', 'inherit'])
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw new TypeError('The child was started with pipes.')
  const relay = relayAppServer({
    auth,
    toServer: (line) => void (stdin.writable && stdin.write(`${line}\n`)),
    toHost: (line) => host.stdout.write(`${line}\n`),
    logger: { debug: () => {}, warn: (message) => host.stderr.write(`planpass: ${message}\n`) },
  })
  // What the server does not take any more is of no use to anybody.
  stdin.on('error', () => {})
  const fromHost = createInterface({ input: process.stdin }).on('line', relay.fromHost)
  fromHost.once('close', () => stdin.end())
  createInterface({ input: stdout }).on('line', relay.fromServer)
  const exitCode = await untilEnded(child)
  fromHost.close()
  process.stdin.destroy()
  return exitCode
}
