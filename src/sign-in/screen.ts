import type { AuthError } from '../core/index.js'
import type { DeviceCode } from '../core/oauth.js'

/** What a sign-in may show a person, and ask of them. The command line, a web page, an agent and the tests each bring their own. */
export interface SignInScreen {
  /** The address to open and the code to type there; until when the code is good. */
  showDeviceCode(
    code: Pick<DeviceCode, 'verificationUrl' | 'userCode' | 'expiresAtMs'>,
    other?: OtherWay,
  ): void | Promise<void>
  /** The address a browser should open, and what is known of the way back. */
  showBrowserUrl?(link: BrowserLink, other?: OtherWay): void | Promise<void>
  /**
   * Asks for the address the browser ended on, for when it cannot reach this machine. Asked again after a paste that was of no use, with the
   * reason. Never resolving is fine: the signal aborts when another door was faster.
   */
  askForPaste?(signal: AbortSignal, whyAgain?: Error): Promise<string>
}

/** A sign-in page that a browser should open. */
export interface BrowserLink {
  readonly url: URL
  /** The loopback port that waits for the browser; `undefined` when none could be had, and the address must be pasted. */
  readonly port: number | undefined
  readonly whyNoPort?: AuthError
  /** Whether a browser was started with it. */
  readonly isOpened: boolean
  /** Why none was, when one was to be. */
  readonly reason?: string
}

/** A way to sign in that is not open yet, for a screen that offers it at a key. Opening it twice is opening it once. */
export interface OtherWay {
  readonly flow: 'browser' | 'device'
  open(): Promise<void>
  /** Why it was not to be had, when this is why another is shown. */
  readonly failure?: AuthError
}
