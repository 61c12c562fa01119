import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { stripVTControlCharacters } from 'node:util'
import { AuthError, toOneSafeLine, type Clock, type Logger } from '../core/index.js'
import type { Channel, ChannelListener, OpenChannel } from './channel.js'
import { createLineSplitter } from './line-splitter.js'

/** The app server as a child of this process. */
export interface ChildChannelOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  /** All of it: nothing of this process's own environment reaches the child. */
  readonly environment: Readonly<Record<string, string>>
  readonly maxMessageBytes: number
  readonly clock: Clock
  readonly logger: Logger
}

const isWindows = process.platform === 'win32'

/** How long the child may take to end by itself once its input has ended, and what it started once it has; the real one takes some ten milliseconds. */
const endGraceMs = 2000
/** And how long once it was asked to. */
const terminateGraceMs = 1000

/** Lines of the child's standard error that are kept to explain its end. */
const tailLines = 20
const longestErrorLine = 64 * 1024

/**
 * Starts the child in a process group of its own. Its input is a pipe that only we hold, so the child sees the end of it whenever we end,
 * however that happens, and the real server ends with it.
 *
 * @throws AuthError `ERR_RPC_START`
 */
export function openChildChannel(options: ChildChannelOptions): OpenChannel {
  return async (listener) => {
    const child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: options.environment,
      stdio: 'pipe',
      detached: !isWindows,
      windowsHide: true,
    })
    await waitForStart(child, options)
    return conduct(child, listener, options)
  }
}

async function waitForStart(child: ChildProcessWithoutNullStreams, { command, cwd }: ChildChannelOptions) {
  try {
    await once(child, 'spawn')
  } catch (cause) {
    const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined
    throw new AuthError('ERR_RPC_START', `\`${command}\` could not be started in ${cwd} (${String(code)}).`, { cause })
  }
}

function conduct(
  child: ChildProcessWithoutNullStreams,
  listener: ChannelListener,
  options: ChildChannelOptions,
): Channel {
  const { maxMessageBytes, clock } = options
  const tail = keepTail(child, options.logger)
  let failure: AuthError | undefined
  let isClosed = false

  const tooLong = () => {
    failure = new AuthError('ERR_RPC_BAD_MESSAGE', `The server sent more than ${maxMessageBytes} bytes in one message.`)
    killGroup(child, 'SIGKILL')
  }
  const lines = createLineSplitter(maxMessageBytes, listener.message, tooLong)
  child.stdout.on('data', lines.push)
  // When nobody holds its pipes any longer: what it still had to say has come then.
  const closed = once(child, 'close').then(() => {
    isClosed = true
    lines.end()
    listener.closed(failure ?? childEnded(child, tail()))
  })
  // A child that has ended does not take what we send; that it has ended is told once, above.
  child.stdin.on('error', () => {})
  // What it started may hold the pipes for as long as it likes.
  child.once('exit', () => void endGroup())

  async function endGroup(): Promise<void> {
    if (await settlesWithin(closed, endGraceMs, clock)) return
    killGroup(child, 'SIGTERM')
    if (await settlesWithin(closed, terminateGraceMs, clock)) return
    killGroup(child, 'SIGKILL')
    // What left the group may still hold the pipes, and is not waited for.
    child.stdout.destroy()
    child.stderr.destroy()
    await closed
  }

  return {
    send: (text) => void (child.stdin.writable && child.stdin.write(`${text}\n`)),
    async close() {
      if (isClosed) return
      child.stdin.end()
      await endGroup()
    },
  }
}

/** Keeps the last lines of the standard error, fit for a message. */
function keepTail(child: ChildProcessWithoutNullStreams, logger: Logger): () => string[] {
  let tail: string[] = []
  const keep = (line: string) => {
    const safe = toOneSafeLine(stripVTControlCharacters(line))
    logger.debug(`app server: ${safe}`)
    tail = [...tail, safe].slice(-tailLines)
  }
  const lines = createLineSplitter(longestErrorLine, keep, () => keep('(a line too long to keep)'))
  child.stderr.on('data', lines.push).once('end', lines.end)
  return () => tail
}

function childEnded(child: ChildProcessWithoutNullStreams, tail: readonly string[]): AuthError {
  const how = child.signalCode ?? `exit code ${child.exitCode}`
  const words = tail.length === 0 ? 'It said nothing' : `Its last words: ${tail.join(' | ')}`
  return new AuthError('ERR_RPC_CLOSED', `The app server has ended (${how}). ${words}.`)
}

/** The child and what it started, which may outlive it. A group that has ended meanwhile is what we wanted; macOS says EPERM of one that is about to. */
function killGroup(child: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): void {
  if (isWindows || child.pid === undefined) return void child.kill(signal)
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}

async function settlesWithin(work: Promise<unknown>, milliseconds: number, clock: Clock): Promise<boolean> {
  const done = new AbortController()
  const timeUp = clock.sleep(milliseconds, done.signal).then(
    () => false,
    () => false,
  )
  const hasSettled = await Promise.race([work.then(() => true), timeUp])
  done.abort()
  return hasSettled
}
