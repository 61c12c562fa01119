import { spawn } from 'node:child_process'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { AuthError, parseJsonObject, readString, type JsonObject } from '../../core/index.js'
import type { Invocation } from '../command.js'
import { logFileOf } from './gateway-folder.js'

/** How long a gateway may take to listen. */
const patienceMs = 15_000

/** What a gateway says of itself, a line each. */
export interface Announcement {
  readonly listening: JsonObject
  readonly console: JsonObject | undefined
}

/**
 * Starts the same command again, without a terminal and as a process group of its own, and waits until it listens. Its key comes over a pipe that
 * nobody else reads; its complaints go to the log.
 *
 * @returns what the gateway says of itself
 * @throws AuthError `ERR_CONFIG_LISTEN` when it ends instead, with what it said
 */
export async function startDetached({ host, options }: Invocation): Promise<Announcement> {
  const logFile = logFileOf(host.environment)
  await mkdir(dirname(logFile), { recursive: true, mode: 0o700 })
  const log = await open(logFile, 'a', 0o600)
  try {
    const args = [
      ...process.execArgv,
      ...process.argv.slice(1).filter((part) => part !== '--detach' && part !== '--json'),
    ]
    const logging = options.text('log') === undefined ? ['--log', logFile] : []
    const child = spawn(process.execPath, [...args, '--json', ...logging], {
      detached: true,
      stdio: ['ignore', 'pipe', log.fd],
    })
    const [listening, console] = (await readTwoLines(child.stdout).catch(() => [])).map(parseJsonObject)
    child.unref()
    if (listening && readString(listening, 'event') === 'listening') return { listening, console }
    child.kill()
    throw new AuthError('ERR_CONFIG_LISTEN', 'The gateway did not start.', { advice: `See the end of ${logFile}.` })
  } finally {
    await log.close()
  }
}

/** Leaving the loop closes the pipe, so that it keeps nobody alive. */
async function readTwoLines(output: Readable | null): Promise<string[]> {
  let text = ''
  for await (const chunk of output ? addAbortSignal(AbortSignal.timeout(patienceMs), output) : []) {
    text += String(chunk)
    if (text.split('\n').length > 2) break
  }
  return text.split('\n').slice(0, 2)
}
