import { isAuthError, systemClock, type AuthError } from '../core/index.js'
import { beginSignIn, isUseless, type PendingSignIn, type SignInOptions } from './begin-sign-in.js'
import { isDecision } from './door-race.js'
import type { LeadingDoor } from './environment.js'
import { once } from './once.js'
import type { BrowserOpening } from './open-browser.js'
import type { OtherWay, SignInScreen } from './screen.js'
import type { SignInResult } from './sign-in-result.js'

/** A sign-in with somebody in front of a screen. */
export interface ScreenedSignInOptions extends SignInOptions {
  readonly screen: SignInScreen
  /**
   * The first is opened at once, the other when the person asks for it or the first cannot be opened, see `detectSignInEnvironment`; default: a
   * device code alone, which works everywhere.
   */
  readonly doors?: readonly LeadingDoor[] | undefined
  /** Starts a browser, see `openInBrowser`; without it the person opens the address. */
  readonly openBrowser?: ((url: URL) => Promise<BrowserOpening>) | undefined
  /** After how long without a callback the door for a device code is opened as well, in milliseconds; default never. */
  readonly browserPatienceMs?: number | undefined
}

/**
 * Signs somebody in: opens every door that makes sense, shows them, and lets the first to finish win. A sign-in that fails, is cancelled or is
 * not accepted leaves what was stored before as it was.
 *
 * @throws AuthError `ERR_SIGN_IN_*`, `ERR_STORE_*`, `ERR_NETWORK_*`, `ERR_UPSTREAM_*`, `ERR_CONFIG_*`; the signal's reason when it aborts
 */
export async function signIn(options: ScreenedSignInOptions): Promise<SignInResult> {
  const pending = beginSignIn(options)
  const show = createShow(pending, options)
  try {
    await show.openFirst()
    return await pending.awaitSignIn()
  } finally {
    show.end()
    await pending.cancel()
  }
}

/** Opens doors and shows them; asks for pastes and loses patience in the background. */
function createShow(pending: PendingSignIn, options: ScreenedSignInOptions) {
  const { screen, doors = [], openBrowser, browserPatienceMs, clock = systemClock } = options
  const over = new AbortController()

  function inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!over.signal.aborted) void pending.cancel(error)
    })
  }

  async function showBrowser(other?: OtherWay): Promise<void> {
    const { authorizeUrl: url, port, whyNoPort } = await pending.openBrowserDoor()
    if (whyNoPort && !screen.askForPaste) throw whyNoPort
    const opening = (await openBrowser?.(url)) ?? { isOpened: false }
    await screen.showBrowserUrl?.({ url, port, ...opening, ...(whyNoPort && { whyNoPort }) }, other)
    inBackground(takePastes(pending, screen, over.signal))
    if (browserPatienceMs !== undefined && other) inBackground(openAfter(browserPatienceMs, other))
  }

  async function openAfter(patienceMs: number, other: OtherWay): Promise<void> {
    await clock.sleep(patienceMs, over.signal)
    // The browser's door stays open, so a device code that cannot be had ends nothing.
    await other.open().catch(() => undefined)
  }

  const open = {
    browser: showBrowser,
    device: async (other?: OtherWay) => screen.showDeviceCode(await pending.openDeviceDoor(), other),
  }

  return {
    end: () => over.abort(),
    openFirst: async () => {
      const [first = 'device', second] = doors
      if (!second) return open[first]()
      try {
        await open[first]({ flow: second, open: once(() => open[second]()) })
      } catch (error) {
        if (!isAuthError(error) || isDecision(error)) throw error
        await open[second]({ flow: first, open: () => Promise.reject(error), failure: error })
      }
    },
  }
}

/** More would be no person. */
const mostPastes = 20

async function takePastes(pending: PendingSignIn, screen: SignInScreen, signal: AbortSignal): Promise<void> {
  let whyAgain: AuthError | undefined
  for (let pastes = 0; screen.askForPaste && pastes < mostPastes && !signal.aborted; pastes += 1) {
    const text = await screen.askForPaste(signal, whyAgain)
    try {
      return pending.paste(text)
    } catch (error) {
      if (!isUseless(error)) throw error
      whyAgain = error
    }
  }
}
