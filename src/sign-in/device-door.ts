import {
  AuthError,
  createClientIdentity,
  isAuthError,
  parseServiceUrl,
  platformFetch,
  revokeCredential,
  systemClock,
  toCredential,
} from '../core/index.js'
import {
  authorizationCodeRequest,
  devicePollRequest,
  processAuthorizationCodeResponse,
  processDevicePollResponse,
  processUserCodeResponse,
  userCodeRequest,
} from '../core/oauth.js'
import type {
  ChatgptCredential,
  ClientIdentity,
  Clock,
  CredentialStore,
  Fetch,
  Provider,
  RevokeOptions,
} from '../core/index.js'
import type { AuthorizationGrant, DeviceCode, DevicePoll, Transport } from '../core/oauth.js'
import type { AcceptSignIn } from './expect-account.js'
import type { SignInScreen } from './screen.js'

/** What a sign-in with a device code takes. */
export interface DeviceSignInOptions {
  readonly provider: Provider
  readonly store: CredentialStore
  readonly screen: SignInScreen
  readonly identity?: ClientIdentity
  readonly fetch?: Fetch
  readonly clock?: Clock
  /** Looks at the new sign-in before anything is overwritten, see `expectAccount`; default: whoever signed in is welcome. */
  readonly accept?: AcceptSignIn
  /** Cancels the sign-in. What was stored before stays. */
  readonly signal?: AbortSignal
}

/** Clocks of virtual machines run fast; waiting a fifth longer keeps us from being told to slow down. */
const intervalMargin = 1.2
/** RFC 8628 3.5. */
const slowDownMs = 5000

/**
 * Signs in with a device code (protocol 3): asks for a code, shows it, waits for the approval, and stores the credential. A sign-in that
 * fails, is cancelled or is not accepted leaves what was stored before as it was; what was not accepted is revoked.
 *
 * @throws AuthError `ERR_SIGN_IN_DEVICE_DISABLED`, `ERR_SIGN_IN_DENIED`, `ERR_SIGN_IN_EXPIRED`, `ERR_SIGN_IN_FAILED`,
 *   `ERR_SIGN_IN_WRONG_ACCOUNT`, `ERR_STORE_*`, `ERR_NETWORK_*`, `ERR_UPSTREAM_*`; the signal's reason when it aborts
 */
export async function signInWithDeviceCode(options: DeviceSignInOptions): Promise<ChatgptCredential> {
  const { provider, screen, signal, clock = systemClock } = options
  const { fetch = platformFetch, identity = createClientIdentity() } = options
  const transport: Transport = { fetch, identity, signal }

  const started = await userCodeRequest(provider, transport)
  const code = await processUserCodeResponse(provider, started, clock.now())
  parseServiceUrl(code.verificationUrl, 'The verification URL')
  await screen.showDeviceCode(code)
  const grant = await awaitApproval(provider, code, transport, clock)
  // The code is spent once, so nobody can cancel from here on: what comes back must be stored.
  return exchangeAndStore({ ...options, clock, fetch, identity }, grant)
}

/** Polls until the person has decided, or the code has ended. A poll that fails in passing is not the end of the sign-in. */
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

type Exchange = DeviceSignInOptions & Required<Pick<DeviceSignInOptions, 'clock' | 'fetch' | 'identity'>>

async function exchangeAndStore(options: Exchange, grant: AuthorizationGrant): Promise<ChatgptCredential> {
  const { provider, store, fetch, identity, clock, accept } = options
  let refused: ChatgptCredential | undefined
  try {
    return await store.update(
      async (replaces) => {
        const response = await authorizationCodeRequest(provider, grant, { fetch, identity })
        const tokens = await processAuthorizationCodeResponse(response)
        const credential = toCredential({ provider, tokens, nowMs: clock.now(), replaces })
        refused = credential
        accept?.(credential, replaces)
        refused = undefined
        return { write: credential, result: credential }
      },
      { replaceCorrupt: true },
    )
  } catch (error) {
    throw refused ? await discard(refused, error, { provider, fetch, identity }) : error
  }
}

/** A sign-in that nobody wants must not live on at the issuer; when it does, the error says so. */
async function discard(credential: ChatgptCredential, why: unknown, options: RevokeOptions): Promise<unknown> {
  const { failure } = await revokeCredential(credential, options)
  if (!failure || !isAuthError(why)) return why
  const summary = `${why.summary} It could not be revoked and lives on at the server until it ends.`
  return new AuthError(why.code, summary, { advice: why.advice, cause: failure })
}
