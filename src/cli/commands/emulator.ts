import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AuthError } from '../../core/index.js'
import { createEmulator, writeCaFile, type EmulatorListener } from '../../testing/index.js'
import type { CommandRun, Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { readPort } from '../read-port.js'
import { untilInterrupted } from '../until-interrupted.js'

/** Listens until it is told to stop; with `--json`, first one line `{"event":"listening",...}`. */
export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  const folder = await mkdtemp(join(tmpdir(), 'planpass-emulator-'))
  try {
    const emulator = createEmulator({ autoApprove: options.isSet('auto-approve'), deviceIntervalSeconds: 1 })
    const port = readPort(options.text('port'))
    const listener = await emulator.listen({ port, tls: options.isSet('tls') }).catch((error: unknown) => {
      throw cannotListen(port, error)
    })
    try {
      const caFile = join(folder, 'ca.pem')
      if (listener.tls) await writeCaFile(caFile, listener.tls.caPem)
      announce(invocation, listener, caFile)
      await untilInterrupted(host.interrupted)
    } finally {
      await listener.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return exitCodes.ok
}

function cannotListen(port: number, cause: unknown): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', `Nobody can listen on port ${port} here.`, {
    cause,
    advice: 'Name another one with --port, or leave it out.',
  })
}

function announce({ host, options }: Invocation, listener: EmulatorListener, caFile: string): void {
  const { issuer, backendUrl, tls } = listener
  if (options.isSet('json')) {
    const secure = tls && { issuer: tls.issuer, backendUrl: tls.backendUrl, caFile }
    host.stdout.write(`${JSON.stringify({ event: 'listening', issuer, backendUrl, tls: secure ?? null })}\n`)
    return
  }
  const exports = [`export PLANPASS_ISSUER=${issuer}`, `export PLANPASS_BACKEND_URL=${backendUrl}`]
  if (tls) exports.push(`export CODEX_CA_CERTIFICATE=${caFile}`)
  host.stdout.write(`${exports.join('\n')}\n`)
  host.stderr.write(
    [
      'The emulator listens. Paste the lines above into another terminal, then run `planpass login`.',
      `Approve codes at ${issuer}/codex/device. Ctrl-C stops it.`,
      '',
    ].join('\n'),
  )
}
