import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { isAbsolute, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { toOneSafeLine, type Clock } from '../core/index.js'
import { sourceFailure } from '../core/external.js'

/** One run of a command that prints a token. */
export interface CommandRun {
  /** Absolute, relative to `cwd` when it contains a separator, else looked up on the PATH (protocol 7.2). */
  readonly command: string
  readonly args: readonly string[]
  readonly timeoutMs: number
  /** Default: the folder of this process. */
  readonly cwd: string | undefined
  readonly clock: Clock
}

const isWindows = process.platform === 'win32'

/** More than any token, and less than what would hurt. */
const mostOutputBytes = 64 * 1024

/**
 * Runs a command that prints a token: no input, no shell, its own process group. It has ended, and is reaped, when this settles.
 *
 * @returns its standard output without white space around it
 * @throws AuthError `ERR_TOKEN_SOURCE_FAILED`
 */
export async function runCommand(run: CommandRun): Promise<string> {
  const { command, args, cwd } = run
  const child = spawn(locate(command, cwd), args, {
    ...(cwd !== undefined && { cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: !isWindows,
    windowsHide: true,
  })
  const stdout = collect(child.stdout)
  const stderr = collect(child.stderr)
  await waitForSuccess(child, run, stderr)
  const token = decodeText(stdout(), command).trim()
  if (token === '') throw sourceFailure(`The token command \`${command}\` printed nothing.`)
  return token
}

function locate(command: string, cwd: string | undefined): string {
  const hasSeparator = command.includes('/') || (isWindows && command.includes('\\'))
  return isAbsolute(command) || !hasSeparator ? command : resolve(cwd ?? '', command)
}

async function waitForSuccess(child: ChildProcess, run: CommandRun, stderr: () => Buffer): Promise<void> {
  const { command, timeoutMs, clock } = run
  const waiting = new AbortController()
  const timeUp = clock.sleep(timeoutMs, waiting.signal).then(() => 'time is up' as const)
  try {
    const ended = await Promise.race([waitForEnd(child, command), timeUp])
    if (ended === 'time is up') {
      await killGroup(child)
      throw sourceFailure(`The token command \`${command}\` did not finish within ${timeoutMs} ms.`)
    }
    if (ended === 0) return
    const words = toOneSafeLine(stderr().toString('utf8'))
    throw sourceFailure(`The token command \`${command}\` ended with ${ended}${words && `: ${words}`}.`)
  } finally {
    waiting.abort()
  }
}

/** Its exit code or the name of the signal that ended it, once its output is read to the end. */
async function waitForEnd(child: ChildProcess, command: string): Promise<number | string> {
  try {
    const [code, signal]: (number | string | null)[] = await once(child, 'close')
    return typeof code === 'number' ? code : (signal ?? 'no exit code')
  } catch (error) {
    throw sourceFailure(`The token command \`${command}\` could not be started (${systemCode(error)}).`, error)
  }
}

/** Ends the command and what it started, and reaps it. A process that left the group may still hold the pipes, so they are not waited for. */
async function killGroup(child: ChildProcess): Promise<void> {
  const hasEnded = child.exitCode !== null || child.signalCode !== null
  const exited = hasEnded ? undefined : once(child, 'exit')
  if (isWindows || child.pid === undefined) child.kill('SIGKILL')
  else killIfThere(-child.pid)
  await exited
  child.stdout?.destroy()
  child.stderr?.destroy()
}

/** A group that has ended already is what we wanted. */
function killIfThere(group: number): void {
  try {
    process.kill(group, 'SIGKILL')
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error
  }
}

/** What was printed so far, at most a little more than could be a token. */
function collect(stream: Readable): () => Buffer {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    if (size <= mostOutputBytes) chunks.push(chunk)
    size += chunk.byteLength
  })
  return () => Buffer.concat(chunks)
}

function decodeText(bytes: Buffer, command: string): string {
  if (bytes.byteLength > mostOutputBytes) throw sourceFailure(`The token command \`${command}\` printed too much.`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw sourceFailure(`The token command \`${command}\` did not print UTF-8.`)
  }
}

function systemCode(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : 'unknown reason'
}
