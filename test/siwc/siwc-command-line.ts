import { createEmulator, type Emulator } from '../../src/testing/index.js'
import type { CommandLine } from '../support/cli-lab.js'
import { withCommandLine } from '../support/cli-lab.js'
import type { CliResult } from '../support/cli-process.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { signingKey } from '../support/signing-key.js'

/** The command line over an emulator that advertises this provider. */
export interface SiwcCommandLine extends CommandLine {
  readonly emulator: Emulator
  /** Signs in as a person does whose browser is on this machine. */
  readonly login: (...argv: readonly string[]) => Promise<CliResult>
}

export async function withSiwcCommandLine(body: (lab: SiwcCommandLine) => Promise<void>): Promise<void> {
  const clock = createHurryingClock()
  const emulator = createEmulator({ clock, signingKey, autoApprove: true, advertises: 'siwc' })
  const listener = await emulator.listen()
  try {
    await withCommandLine({ target: listener.issuer, clock }, async (commandLine) => {
      const environment = { ...commandLine.environment, PLANPASS_API_URL: `${commandLine.issuer}/v1` }
      const run: CommandLine['run'] = (argv, options = {}) =>
        commandLine.run(argv, { ...options, environment: { ...environment, ...options.environment } })
      const login: SiwcCommandLine['login'] = async (...argv) => {
        const running = commandLine.start(
          ['login', '--browser', '--no-open', '--json', '--callback-port', '0', ...argv],
          {
            environment,
          },
        )
        await Promise.race([followLink(running).catch(() => undefined), running.finished])
        return running.finished
      }
      await body({ ...commandLine, emulator, run, login })
    })
  } finally {
    await listener.close()
  }
}

/** Opens the link that the command line printed, as a browser would. */
async function followLink(running: ReturnType<CommandLine['start']>): Promise<void> {
  const [, url = ''] = await running.waitForOutput(/"event":"browser_url","url":"([^"]+)"/)
  const authorized = await fetch(url, { redirect: 'manual' })
  await fetch(authorized.headers.get('location') ?? '')
}
