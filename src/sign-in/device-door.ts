import { AuthError, isAuthError, parseServiceUrl } from '../core/index.js'
import type { Clock, Provider } from '../core/index.js'
import {
  devicePollRequest,
  processDevicePollResponse,
  processUserCodeResponse,
  userCodeRequest,
  type AuthorizationGrant,
  type DeviceCode,
  type DevicePoll,
  type Transport,
} from '../core/oauth.js'
import type { Door } from './door.js'

/** A device code that waits for its approval. */
export interface DeviceDoor extends Door {
  readonly code: DeviceCode
}

/** What a device code takes. */
export interface DeviceDoorOptions {
  readonly provider: Provider
  readonly transport: Omit<Transport, 'signal'>
  readonly clock: Clock
  /** Stops the asking and the polling. */
  readonly signal?: AbortSignal | undefined
}

/** Clocks of virtual machines run fast; waiting a fifth longer keeps us from being told to slow down. */
const intervalMargin = 1.2
/** RFC 8628 3.5. */
const slowDownMs = 5000

/**
 * Asks for a device code (protocol 3) and polls until the person has decided, or the code has ended.
 *
 * @throws AuthError `ERR_SIGN_IN_DEVICE_DISABLED`, `ERR_SIGN_IN_FAILED`, `ERR_NETWORK_*`, `ERR_UPSTREAM_*`; the grant rejects with
 *   `ERR_SIGN_IN_DENIED`, `ERR_SIGN_IN_EXPIRED` and the same; both with the signal's reason when it aborts
 */
export async function openDeviceDoor(options: DeviceDoorOptions): Promise<DeviceDoor> {
  const { provider, clock } = options
  const closed = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, closed.signal]) : closed.signal
  const transport = { ...options.transport, signal }
  const started = await userCodeRequest(provider, transport)
  const code = await processUserCodeResponse(provider, started, clock.now())
  parseServiceUrl(code.verificationUrl, 'The verification URL')
  const grant = awaitApproval(provider, code, transport, clock).then((approved) => ({
    flow: 'device' as const,
    grant: approved,
  }))
  grant.catch(() => undefined)
  return { code, grant, conclude: async () => closed.abort() }
}

/** A poll that fails in passing is not the end of the sign-in. */
async function awaitApproval(
  provider: Provider,
  code: DeviceCode,
  transport: Transport,
  clock: Clock,
): Promise<AuthorizationGrant> {
  let intervalMs = code.intervalMs * intervalMargin
  let lastFailure: AuthError | undefined
  while (clock.now() < code.expiresAtMs) {
    const poll = await pollOnce(provider, code, transport)
    if (isAuthError(poll)) lastFailure = poll
    else if (poll.state === 'approved') return poll.grant
    else if (poll.state === 'slow-down') intervalMs += slowDownMs
    await clock.sleep(Math.min(intervalMs, Math.max(0, code.expiresAtMs - clock.now())), transport.signal)
  }
  throw new AuthError('ERR_SIGN_IN_EXPIRED', 'The code expired before it was approved.', {
    ...(lastFailure && { cause: lastFailure }),
  })
}

/** The server's answer, or the passing failure that came instead of one. */
async function pollOnce(provider: Provider, code: DeviceCode, transport: Transport): Promise<DevicePoll | AuthError> {
  try {
    return await processDevicePollResponse(provider, await devicePollRequest(provider, code, transport))
  } catch (error) {
    if (isAuthError(error) && error.remedy === 'retry') return error
    throw error
  }
}
