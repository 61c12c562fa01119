import { AuthError, isAbortError, isAuthError, packageVersion } from '../core/index.js'
import { commands } from './commands.js'
import { exitCodeOf, exitCodes } from './exit-codes.js'
import { commandHelp, generalHelp } from './help.js'
import type { Host } from './host.js'
import { parseArguments } from './parse-arguments.js'

/** Runs one command line and returns its exit code. Data goes to stdout, talk to stderr. */
export async function run(argv: readonly string[], host: Host): Promise<number> {
  try {
    return await dispatch(argv, host)
  } catch (error) {
    return report(error, argv, host)
  }
}

async function dispatch([name, ...rest]: readonly string[], host: Host): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    host.stdout.write(generalHelp())
    return name === undefined ? exitCodeOf('ERR_CONFIG_USAGE') : exitCodes.ok
  }
  if (name === '--version' || name === '-V') {
    host.stdout.write(`${packageVersion}\n`)
    return exitCodes.ok
  }
  const spec = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!spec) throw new AuthError('ERR_CONFIG_USAGE', `There is no command \`${name}\`.`)
  const parsed = parseArguments(name, spec, rest)
  if (parsed.options.isSet('help')) {
    host.stdout.write(commandHelp(name, spec))
    return exitCodes.ok
  }
  const { run: runCommand } = await spec.load()
  return runCommand({ host, ...parsed })
}

function report(error: unknown, argv: readonly string[], host: Host): number {
  if (host.interrupted.aborted && isAbortError(error)) {
    // A refresh that is on the wire goes on, so only a sign-in can say that nothing was changed.
    host.stderr.write(argv[0] === 'login' ? 'Cancelled. Nothing was changed.\n' : 'Cancelled.\n')
    return exitCodes.interrupted
  }
  if (!isAuthError(error)) throw error
  if (argv.includes('--json')) host.stdout.write(`${JSON.stringify(toJson(error, argv[0]))}\n`)
  host.stderr.write(`planpass: ${error.summary}\n${error.advice} (${error.code})\n`)
  return exitCodeOf(error.code)
}

/** A sign-in speaks in events, also when it never began; everything else fails with one object. */
function toJson({ code, message, remedy }: AuthError, command: string | undefined): object {
  return command === 'login' ? { event: 'failed', code, message } : { error: { code, message, remedy } }
}
