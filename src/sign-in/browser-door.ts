import {
  silentLogger,
  systemClock,
  type AuthorizationAttempt,
  type ClientIdentity,
  type Clock,
  type Logger,
  type Provider,
} from '../core/index.js'
import { callbackPath, createAuthorizationAttempt } from './authorization-attempt.js'
import { openCallbackDesk, type CallbackDesk } from './callback-desk.js'
import type { Door, SignInEnding } from './door.js'
import { listenForCallback, registeredPorts } from './loopback-port.js'

/** What a sign-in in a browser of this machine takes. */
export interface BrowserDoorOptions {
  readonly provider: Provider
  readonly identity: ClientIdentity
  /** Where the browser comes back to; 1455 when not given, or 1457 when that is taken. Any other is taken as it is, 0 as any free port. */
  readonly callbackPort?: number | undefined
  readonly allowedWorkspaceIds?: readonly string[] | undefined
  readonly clock?: Clock
  /** Closes the door; `grant` rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  readonly logger?: Logger
}

/** The door for a browser on this machine, which comes back to a port that is open before the browser is. */
export interface BrowserDoor extends Door {
  readonly attempt: AuthorizationAttempt
  readonly port: number
}

/**
 * Opens the door: listens on the loopback interface, and makes the attempt whose address a browser should open (protocol 2).
 *
 * @throws AuthError `ERR_SIGN_IN_PORT`, which names who holds the port where the system tells; the signal's reason when it aborts. From
 *   `grant`: `ERR_SIGN_IN_DENIED`, `ERR_SIGN_IN_NOT_ALLOWED`, `ERR_SIGN_IN_FAILED`, `ERR_SIGN_IN_CANCELLED`
 */
export async function openBrowserDoor(options: BrowserDoorOptions): Promise<BrowserDoor> {
  const { clock = systemClock, logger = silentLogger, callbackPort = registeredPorts.first, signal } = options
  const listener = await listenForCallback({ port: callbackPort, clock, logger, signal })
  try {
    const redirectUri = `${listener.origin}${callbackPath}`
    const attempt = await createAuthorizationAttempt({ ...options, redirectUri })
    // From here on the signal is listened to.
    signal?.throwIfAborted()
    const desk = openCallbackDesk({ listener, attempt, program: options.identity.originator, logger })
    logger.debug(`Waiting for the browser on ${listener.hosts.join(' and ')}, port ${listener.port}.`)
    return { attempt, port: listener.port, ...toDoor(desk, attempt, signal) }
  } catch (error) {
    await listener.close()
    throw error
  }
}

function toDoor(desk: CallbackDesk, attempt: AuthorizationAttempt, signal: AbortSignal | undefined): Door {
  const stop = () => void conclude({ error: signal?.reason })
  const conclude = (ending: SignInEnding) => {
    signal?.removeEventListener('abort', stop)
    return desk.conclude(ending)
  }
  signal?.addEventListener('abort', stop, { once: true })
  const grant = desk.code.then((code) => ({ flow: 'browser' as const, grant: attempt.toGrant(code) }))
  grant.catch(() => undefined)
  return { grant, conclude }
}
