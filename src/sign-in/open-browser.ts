import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { AuthError, isLoopback, systemClock, type Clock } from '../core/index.js'
import type { Sight } from './environment-signals.js'
import { findOpeners, type OpenerCommand } from './open-browser-commands.js'

/** Whether a browser was started, or why not, for people. */
export type BrowserOpening = { readonly isOpened: true } | { readonly isOpened: false; readonly reason: string }

/** Starts a program, as `spawn` of `node:child_process` does. */
export type StartProgram = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess

/** Where a browser is opened: what `readHostFacts` says. */
export interface OpenBrowserOptions extends Sight {
  readonly spawn?: StartProgram
  readonly clock?: Clock
}

/** Openers fail at once or hand over; a browser that is its own opener stays, and then it is open. */
const patienceMs = 1500

/**
 * Shows an address in a browser of this machine. Never waits for the browser to end, never takes over the terminal, and no shell reads the
 * address.
 *
 * @throws AuthError `ERR_CONFIG_URL` for anything but https, or http on loopback
 * @example
 * const { isOpened } = await openInBrowser(authorizeUrl, { platform: process.platform, variables: process.env })
 */
export async function openInBrowser(url: URL, options: OpenBrowserOptions): Promise<BrowserOpening> {
  requireWebAddress(url)
  const reasons: string[] = []
  // The one character of a URL that ends a quoted string somewhere.
  for (const opener of findOpeners(url.href.replaceAll("'", '%27'), options)) {
    const reason = 'refused' in opener ? opener.refused : await start(opener, options)
    if (reason === undefined) return { isOpened: true }
    reasons.push(reason)
  }
  return { isOpened: false, reason: reasons.join('; ') }
}

/** An opener opens anything: files, programs, telephones. */
function requireWebAddress(url: URL): void {
  const isWebAddress = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))
  if (isWebAddress && !url.username && !url.password) return
  throw new AuthError('ERR_CONFIG_URL', 'The address for the browser is not one that may be opened.')
}

/** @returns why it did not start */
async function start({ command, args }: OpenerCommand, options: OpenBrowserOptions): Promise<string | undefined> {
  const { spawn: startProgram = startDetached, clock = systemClock } = options
  const waiting = new AbortController()
  try {
    const child = startProgram(command, args, { stdio: 'ignore', detached: true, windowsHide: true })
    child.unref()
    const stays = clock.sleep(patienceMs, waiting.signal).then(() => undefined)
    return await Promise.race([whyItEnded(child, command, waiting.signal), stays])
  } catch (error) {
    return `${command} could not be started (${systemCode(error)})`
  } finally {
    waiting.abort()
  }
}

const startDetached: StartProgram = (command, args, options) => spawn(command, [...args], options)

async function whyItEnded(child: ChildProcess, command: string, signal: AbortSignal): Promise<string | undefined> {
  const [code, killedBy]: (number | string | null)[] = await once(child, 'exit', { signal })
  return code === 0 ? undefined : `${command} ended with ${code ?? killedBy}`
}

function systemCode(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : 'unknown reason'
}
