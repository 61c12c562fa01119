import { connect } from 'node:net'
import { AuthError, toOneSafeLine, type Clock, type Logger } from '../core/index.js'
import { findPortHolder } from './loopback-holder.js'
import { listenOnLoopback, type LoopbackListener } from './loopback-listener.js'

/** The ports whose redirect is registered for the Codex client; the second is for when the first is taken (protocol 2.3). */
export const registeredPorts = { first: 1455, second: 1457 } as const

/** Which port to listen on. */
export interface CallbackPortOptions {
  /** 0 is any free port. Only the first of the registered ones falls over to the second. */
  readonly port: number
  readonly clock: Clock
  readonly logger: Logger
  readonly signal?: AbortSignal | undefined
}

/** What choosing a port does to the machine. */
export interface PortEffects {
  readonly listen: (port: number) => Promise<LoopbackListener>
  readonly askToCancel: (port: number) => Promise<void>
}

const onThisMachine: PortEffects = { listen: (port) => listenOnLoopback(port), askToCancel }

const attempts = 10
const retryMs = 200
const cancelTimeoutMs = 2000

/**
 * Listens where the browser will come back to. An older sign-in that holds the port, ours or the Codex client's, is asked once to give way.
 *
 * @throws AuthError `ERR_SIGN_IN_PORT`, which names who holds the port where the system tells
 */
export async function listenForCallback(
  options: CallbackPortOptions,
  effects: PortEffects = onThisMachine,
): Promise<LoopbackListener> {
  const { port } = options
  const { first, second } = registeredPorts
  const ports = port === first ? [first, second] : [port]
  let failure: unknown
  for (const candidate of ports) {
    try {
      return await listenPatiently(candidate, options, effects)
    } catch (error) {
      if (!isTaken(error) && !isForbidden(error)) throw cannotListen(candidate, error)
      failure ??= error
    }
  }
  throw isForbidden(failure) ? forbidden(port, failure) : await taken(ports, failure)
}

/** Tries a port for about two seconds, which is what a program takes that was asked to give it up (protocol 2.3). */
async function listenPatiently(
  candidate: number,
  { port, clock, logger, signal }: CallbackPortOptions,
  { listen, askToCancel: ask }: PortEffects,
): Promise<LoopbackListener> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted()
    try {
      return await listen(candidate)
    } catch (error) {
      if (!isTaken(error) || attempt === attempts) throw error
    }
    if (attempt === 1 && candidate === port) {
      logger.debug(`Port ${candidate} is taken; asking an older sign-in there to give way.`)
      await ask(candidate)
    }
    await clock.sleep(retryMs, signal)
  }
}

/** Whatever holds the port may never answer, or answer for ever: some bytes and some seconds are all it gets (protocol 2.3). */
function askToCancel(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', signal: AbortSignal.timeout(cancelTimeoutMs) })
    socket.once('error', () => socket.destroy()).once('close', () => resolve())
    socket.once('readable', () => {
      socket.read(64)
      socket.destroy()
    })
    socket.write(`GET /cancel HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`)
  })
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function isTaken(error: unknown): boolean {
  return codeOf(error) === 'EADDRINUSE'
}

function isForbidden(error: unknown): boolean {
  return codeOf(error) === 'EACCES'
}

async function taken(ports: readonly number[], cause: unknown): Promise<AuthError> {
  const holders = await Promise.all(ports.map(findPortHolder))
  const parts = ports.map((port, index) => `port ${port} is held by ${holders[index] ?? 'another program'}`)
  const advice = `End the program, or sign in with a device code.${holders.includes(undefined) ? howToFind(ports) : ''}`
  return new AuthError('ERR_SIGN_IN_PORT', `The browser could not come back: ${parts.join(', ')}.`, { advice, cause })
}

function howToFind([port]: readonly number[]): string {
  if (process.platform === 'win32') return ` \`netstat -ano | findstr :${port}\` shows the process.`
  return ` \`lsof -nP -iTCP:${port} -sTCP:LISTEN\` shows the process.`
}

/** Windows keeps ranges of ports for Hyper-V and WSL, and says then that access is denied. */
function forbidden(port: number, cause: unknown): AuthError {
  const advice =
    process.platform === 'win32'
      ? '`netsh interface ipv4 show excludedportrange protocol=tcp` lists what is reserved; sign in with a device code, or restart the service winnat.'
      : 'Choose a port from 1024 on, or sign in with a device code.'
  return new AuthError('ERR_SIGN_IN_PORT', `The system reserves port ${port} and lets no program listen there.`, {
    advice,
    cause,
  })
}

function cannotListen(port: number, cause: unknown): unknown {
  if (codeOf(cause) === undefined) return cause
  const reason = toOneSafeLine(String(codeOf(cause)))
  return new AuthError('ERR_SIGN_IN_PORT', `Nothing can listen on port ${port} of this machine (${reason}).`, {
    advice: 'Sign in with a device code.',
    cause,
  })
}
