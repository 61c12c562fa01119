import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { isatty } from 'node:tty'
import { AuthError } from '../../core/index.js'
import type { CodexProgram } from './find-codex.js'

/** Passed on to the child. */
const passedOn = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const

/** Starts the program in our place: same folder, same environment. @throws AuthError `ERR_CONFIG_MISSING_PACKAGE` */
export async function startChild({ command, args }: CodexProgram, stdio: StdioOptions): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio })
  try {
    await once(child, 'spawn')
    return child
  } catch (cause) {
    throw new AuthError('ERR_CONFIG_MISSING_PACKAGE', `${command} could not be started.`, { cause })
  }
}

/** A terminal sends Ctrl-C to both of us. Heard all the same, so that it does not end us: the child decides. */
function hasHeard(signal: NodeJS.Signals): boolean {
  return signal === 'SIGINT' && [0, 1, 2].some(isatty)
}

/**
 * Waits until the child ends, and passes on what is asked of us meanwhile.
 *
 * @returns its exit code, or what a shell makes of a signal
 */
export async function untilEnded(child: ChildProcess): Promise<number> {
  const passOn = (signal: NodeJS.Signals) => void (hasHeard(signal) || child.kill(signal))
  for (const signal of passedOn) process.on(signal, passOn)
  try {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    return child.exitCode ?? 128 + constants.signals[child.signalCode ?? 'SIGTERM']
  } finally {
    for (const signal of passedOn) process.off(signal, passOn)
  }
}
