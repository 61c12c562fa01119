import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { run } from '../../src/cli/run.js'
import type { Clock } from '../../src/core/index.js'
import { createEmulator, type EmulatedAccount, type Emulator, type EmulatorOptions } from '../../src/testing/index.js'
import type { AuthDocument } from './auth-document.js'
import { startCli, type CliProcess, type CliProcessOptions, type CliResult, type RunningCli } from './cli-process.js'
import { createFakeHost, type FakeHost, type FakeHostOptions } from './fake-host.js'
import { createHurryingClock } from './hurrying-clock.js'
import { findLeaks, type Printed } from './leaks.js'
import { createRecordingProxy } from './recording-proxy.js'
import { signingKey } from './signing-key.js'

export interface RunOptions extends Omit<FakeHostOptions, 'clock'> {
  /** The profile's own clock, on which nobody waits, when not given. */
  readonly clock?: Clock
}

/** A profile folder, and the command line over it. */
export interface CommandLine {
  /** `PLANPASS_HOME`; the profile is `default` in it. */
  readonly home: string
  readonly authFile: string
  /** Where the command line finds the emulator. */
  readonly issuer: string
  readonly environment: Readonly<Record<string, string>>
  readonly clock: Clock
  /** Every token, code and verifier the emulator has handed out. */
  readonly secrets: ReadonlySet<string>
  /** Runs the command line in this process. */
  readonly run: (argv: readonly string[], options?: RunOptions) => Promise<CliResult>
  readonly start: (argv: readonly string[], options?: RunOptions) => RunningCli
  /** Runs the built command as a process of its own. */
  readonly runProcess: (argv: readonly string[], options?: CliProcessOptions) => Promise<CliResult>
  readonly startProcess: (argv: readonly string[], options?: CliProcessOptions) => CliProcess
  readonly readAuth: () => Promise<AuthDocument>
}

export interface CommandLineOptions {
  /** Where the emulator listens. */
  readonly target: string
  readonly clock: Clock
}

/** Runs the body with a profile of its own; afterwards no secret of the emulator may be found in anything that was printed. */
export async function withCommandLine(
  { target, clock }: CommandLineOptions,
  body: (commandLine: CommandLine) => Promise<void>,
): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'planpass-cli-'))
  const proxy = await createRecordingProxy(target)
  const environment = {
    PLANPASS_HOME: home,
    PLANPASS_ISSUER: proxy.url,
    PLANPASS_BACKEND_URL: `${proxy.url}/backend-api`,
  }
  const printed: Printed[] = []
  const started = new Set<CliProcess>()

  const start: CommandLine['start'] = (argv, options = {}) => {
    const host = createFakeHost({ clock, ...options, environment: { ...environment, ...options.environment } })
    printed.push({ argv, transcript: host.transcript })
    return startInProcess(argv, host)
  }
  const startProcess: CommandLine['startProcess'] = (argv, options = {}) => {
    const child = startCli(argv, { ...options, environment: { ...environment, ...options.environment } })
    printed.push({ argv, transcript: child.printed })
    started.add(child)
    return child
  }

  const authFile = join(home, 'default/auth.json')
  try {
    await body({
      home,
      authFile,
      issuer: proxy.url,
      environment,
      clock,
      secrets: proxy.secrets,
      run: (argv, options) => start(argv, options).finished,
      start,
      runProcess: (argv, options) => startProcess(argv, options).finished,
      startProcess,
      readAuth: async () => JSON.parse(await readFile(authFile, 'utf8')) as AuthDocument,
    })
    expect(findLeaks(printed, proxy.secrets)).toEqual([])
  } finally {
    for (const child of started) child.stop('SIGKILL')
    await Promise.all([...started].map(({ finished }) => finished))
    await proxy.close()
    await rm(home, { recursive: true, force: true })
  }
}

/** The command line over a fake host. Errors that are nobody's fault but ours reject, as they end a real process. */
function startInProcess(argv: readonly string[], host: FakeHost): RunningCli {
  const { transcript } = host
  const finished = run(argv, host)
    .then((exitCode) => ({ exitCode, stdout: transcript.stdout, stderr: transcript.stderr }))
    .finally(() => transcript.end())
  return { finished, printed: transcript, waitForOutput: transcript.waitFor, interrupt: host.interrupt }
}

/** The command line, and the emulator of this process that it talks to. */
export interface CliLab extends CommandLine {
  readonly emulator: Emulator
  /** Signs in with a device code, as a person would; whoever else was signed in before. */
  readonly signIn: (account?: EmulatedAccount, profile?: string) => Promise<void>
}

export interface CliLabOptions extends EmulatorOptions {
  /** The emulator's; one on which nobody waits, and which the command line shares, when not given. */
  readonly clock?: Clock
}

export async function withCliLab(options: CliLabOptions, body: (lab: CliLab) => Promise<void>): Promise<void> {
  const clock = options.clock ?? createHurryingClock()
  const emulator = createEmulator({ deviceIntervalSeconds: 1, signingKey, ...options, clock })
  const listener = await emulator.listen()
  const commandLineClock = options.clock ? createHurryingClock(options.clock.now()) : clock
  try {
    await withCommandLine({ target: listener.issuer, clock: commandLineClock }, (commandLine) =>
      body({
        ...commandLine,
        emulator,
        signIn: (account, profile) => signIn(commandLine, emulator, { account, profile }),
      }),
    )
  } finally {
    await listener.close()
  }
}

interface Person {
  readonly account?: EmulatedAccount | undefined
  readonly profile?: string | undefined
}

async function signIn({ start }: CommandLine, emulator: Emulator, { account, profile }: Person): Promise<void> {
  const inProfile = profile === undefined ? [] : ['--profile', profile]
  const login = start(['login', '--device', '--json', '--switch-account', ...inProfile])
  const [, userCode = ''] = await login.waitForOutput(printedUserCode)
  emulator.approve(userCode, account)
  expect(await login.finished).toMatchObject({ exitCode: 0, stderr: '' })
}

/** In the event of `login --json`. */
export const printedUserCode = /"userCode":"([^"]+)"/

/** The lines of an output that is one JSON value a line. */
export function parseLines(stdout: string): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
