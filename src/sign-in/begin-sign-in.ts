import { AuthError, createClientIdentity, isAuthError, platformFetch, systemClock } from '../core/index.js'
import type { AuthorizationAttempt, ClientIdentity, Clock, CredentialStore, Fetch, Provider } from '../core/index.js'
import type { DeviceCode } from '../core/oauth.js'
import { callbackPath, createAuthorizationAttempt } from './authorization-attempt.js'
import { openBrowserDoor } from './browser-door.js'
import { completeSignIn, revokeReplaced } from './complete-sign-in.js'
import { openDeviceDoor } from './device-door.js'
import { createDoorRace } from './door-race.js'
import type { Door } from './door.js'
import type { AcceptSignIn } from './expect-account.js'
import { once } from './once.js'
import { registeredPorts } from './loopback-port.js'
import { parsePastedCallback } from './paste.js'
import { toSignInResult, type SignInResult } from './sign-in-result.js'

/** What a sign-in is for, and how it may go. */
export interface SignInOptions {
  readonly provider: Provider
  readonly store: CredentialStore
  readonly identity?: ClientIdentity | undefined
  readonly fetch?: Fetch | undefined
  readonly clock?: Clock | undefined
  /** Looks at the new sign-in before anything is overwritten, see `expectAccount`; default: whoever signed in is welcome. */
  readonly accept?: AcceptSignIn | undefined
  /** Default 1455, and 1457 when that is taken; 0 is any free port. */
  readonly callbackPort?: number | undefined
  /** Restricts the browser's page to these workspaces; what comes back is held to it by `accept`. */
  readonly allowedWorkspaceIds?: readonly string[] | undefined
  /** How long somebody has to sign in, in milliseconds; default fifteen minutes with a browser, and what the server gives a device code. */
  readonly timeoutMs?: number | undefined
  /** Cancels the sign-in. What was stored before stays. */
  readonly signal?: AbortSignal | undefined
}

/** A sign-in that waits for a person. Nothing was shown and no browser was started: the screen is the caller's. */
export interface PendingSignIn {
  /** Opens the door for a browser, once, and says where a browser should start. */
  openBrowserDoor(): Promise<BrowserWay>
  /** Opens the door for a device code, once, and says what to type where. */
  openDeviceDoor(): Promise<DeviceCode>
  /**
   * Takes the address a browser ended on, in whatever form a person pastes it.
   *
   * @throws AuthError `ERR_SIGN_IN_PASTE` says what is wrong with it, and the sign-in goes on; any other code is what ends it
   */
  paste(text: string): void
  /**
   * Waits until somebody has come through a door, then exchanges, stores and says so at the doors.
   *
   * @throws AuthError `ERR_SIGN_IN_*`, `ERR_STORE_*`, `ERR_NETWORK_*`, `ERR_UPSTREAM_*`; the signal's reason when it aborts
   */
  awaitSignIn(): Promise<SignInResult>
  /**
   * Closes every door. Without effect on a sign-in that has ended, or whose code is being exchanged.
   *
   * @param reason What `awaitSignIn` rejects with; default an `AbortError`
   */
  cancel(reason?: unknown): Promise<void>
}

/** Where a browser starts, and where it comes back to. */
export interface BrowserWay {
  readonly authorizeUrl: URL
  /** `undefined` when no port could be had: then only a paste comes through. */
  readonly port: number | undefined
  readonly whyNoPort?: AuthError
}

const defaultTimeoutMs = 15 * 60 * 1000

/** Begins a sign-in for a caller that owns the screen: it opens doors, shows what they say, and waits. Nothing happens before. */
export function beginSignIn(options: SignInOptions): PendingSignIn {
  const { provider, store, accept, allowedWorkspaceIds } = options
  // Only the Codex client is registered for certain ports; else any one will do (RFC 8252 7.3).
  const { callbackPort = provider.ways ? 0 : undefined } = options
  const { fetch = platformFetch, identity = createClientIdentity() } = options
  const { clock = systemClock, timeoutMs = defaultTimeoutMs } = options
  const over = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, over.signal]) : over.signal
  const race = createDoorRace()
  let attempt: AuthorizationAttempt | undefined

  const startDeadline = once(() => {
    options.signal?.addEventListener('abort', () => race.fail(options.signal?.reason), {
      once: true,
      signal: over.signal,
    })
    void clock.sleep(timeoutMs, signal).then(
      () => race.fail(nobodyCame(timeoutMs)),
      () => undefined,
    )
  })

  async function openBrowser(): Promise<BrowserWay> {
    options.signal?.throwIfAborted()
    startDeadline()
    const place = { provider, identity, allowedWorkspaceIds }
    try {
      const door = await openBrowserDoor({ ...place, callbackPort, clock, signal })
      race.enter(door)
      attempt = door.attempt
      return { authorizeUrl: attempt.authorizeUrl, port: door.port }
    } catch (error) {
      if (!isAuthError(error) || error.code !== 'ERR_SIGN_IN_PORT') throw error
      attempt = await createAuthorizationAttempt({ ...place, redirectUri: redirectTo(callbackPort) })
      race.enter(pasteDoor)
      return { authorizeUrl: attempt.authorizeUrl, port: undefined, whyNoPort: error }
    }
  }

  async function openDevice(): Promise<DeviceCode> {
    if (provider.ways) throw noDeviceCodes()
    options.signal?.throwIfAborted()
    // The code has an end of its own.
    if (options.timeoutMs !== undefined) startDeadline()
    const door = await openDeviceDoor({ provider, transport: { fetch, identity }, clock, signal })
    race.enter(door)
    return door.code
  }

  function paste(text: string): void {
    if (!attempt) throw new AuthError('ERR_CONFIG_USAGE', 'No browser was sent to a sign-in page yet.')
    try {
      const code = parsePastedCallback(text, attempt)
      race.win({ flow: 'paste', grant: attempt.toGrant(code) })
    } catch (error) {
      // Any other code is what the server said to this attempt.
      if (!isUseless(error)) race.fail(error)
      throw error
    }
  }

  async function complete(): Promise<SignInResult> {
    try {
      const { flow, grant } = await race.winner
      const completed = await completeSignIn({ provider, identity, store, fetch, clock, accept }, grant)
      await race.conclude({ signedIn: true })
      const warnings = await revokeReplaced(completed, { provider, identity, fetch })
      return toSignInResult({ credential: completed.credential, provider, store, flow, warnings })
    } catch (error) {
      await race.conclude({ error })
      throw error
    } finally {
      over.abort()
    }
  }

  let completion: Promise<SignInResult> | undefined
  return {
    openBrowserDoor: once(openBrowser),
    openDeviceDoor: once(openDevice),
    paste,
    awaitSignIn: () => (completion ??= complete()),
    cancel: async (reason = new DOMException('The sign-in was cancelled.', 'AbortError')) => {
      race.fail(reason)
      if (completion) await completion.catch(() => undefined)
      else await race.winner.catch((error: unknown) => race.conclude({ error }))
      over.abort()
    },
  }
}

/** Stays open as long as somebody may paste: then it is `win` that ends the race. */
const pasteDoor: Door = { grant: new Promise(() => {}), conclude: async () => {} }

/** Whether a paste was of no use, so that another may be. */
export function isUseless(error: unknown): error is AuthError {
  return isAuthError(error) && error.code === 'ERR_SIGN_IN_PASTE'
}

/** For an address that is only pasted: the redirect that is registered (protocol 2.2), or that of the port that was asked for. */
function redirectTo(port: number = registeredPorts.first): string {
  return `http://127.0.0.1:${port || registeredPorts.first}${callbackPath}`
}

/** None is documented, so none is pretended (siwc 8). */
function noDeviceCodes(): AuthError {
  return new AuthError('ERR_SIGN_IN_DEVICE_DISABLED', 'This provider has no sign-in with a device code.', {
    advice: 'Sign in with a browser, and paste the address it ends on when it is on another machine.',
  })
}

function nobodyCame(timeoutMs: number): AuthError {
  const seconds = Math.round(timeoutMs / 1000)
  const within = seconds < 120 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`
  return new AuthError('ERR_SIGN_IN_EXPIRED', `Nobody signed in within ${within}.`)
}
