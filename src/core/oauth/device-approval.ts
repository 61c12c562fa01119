import type { Clock } from '../clock.js'
import { AuthError, isAuthError } from '../errors.js'
import type { Provider } from '../providers/provider.js'
import type { AuthorizationGrant } from './authorization-code.js'
import { devicePollRequest, processDevicePollResponse, type DeviceCode, type DevicePoll } from './device-code.js'
import type { Transport } from './send.js'

/** A device code that somebody may be about to approve. */
export interface PendingApproval {
  readonly provider: Provider
  readonly code: DeviceCode
  /** Its signal ends the waiting. */
  readonly transport: Transport
  readonly clock: Clock
}

/** Clocks of virtual machines run fast; waiting a fifth longer keeps us from being told to slow down. */
const intervalMargin = 1.2
/** RFC 8628 3.5. */
const slowDownMs = 5000

/**
 * Polls until the person has decided, or the code has ended (protocol 3.2). A poll that fails in passing is not the end of the sign-in.
 *
 * @throws AuthError `ERR_SIGN_IN_DENIED`, `ERR_SIGN_IN_EXPIRED`, `ERR_SIGN_IN_FAILED`, `ERR_NETWORK_*`, `ERR_UPSTREAM_*`; the signal's reason
 *   when it aborts
 */
export async function awaitDeviceApproval(pending: PendingApproval): Promise<AuthorizationGrant> {
  const { code, transport, clock } = pending
  let intervalMs = code.intervalMs * intervalMargin
  let lastFailure: AuthError | undefined
  while (clock.now() < code.expiresAtMs) {
    const poll = await pollOnce(pending)
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
async function pollOnce({ provider, code, transport }: PendingApproval): Promise<DevicePoll | AuthError> {
  try {
    return await processDevicePollResponse(provider, await devicePollRequest(provider, code, transport))
  } catch (error) {
    if (isAuthError(error) && error.remedy === 'retry') return error
    throw error
  }
}
