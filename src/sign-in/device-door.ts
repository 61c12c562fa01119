import { parseServiceUrl, type Clock, type Provider } from '../core/index.js'
import {
  awaitDeviceApproval,
  processUserCodeResponse,
  userCodeRequest,
  type DeviceCode,
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
  const grant = awaitDeviceApproval({ provider, code, transport, clock }).then((approved) => ({
    flow: 'device' as const,
    grant: approved,
  }))
  grant.catch(() => undefined)
  return { code, grant, conclude: async () => closed.abort() }
}
