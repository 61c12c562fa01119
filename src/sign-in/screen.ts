import type { DeviceCode } from '../core/oauth.js'

/** What a sign-in may show a person. The command line, a web page, an agent and the tests each bring their own. */
export interface SignInScreen {
  /** The address to open and the code to type there; until when the code is good. */
  showDeviceCode(code: Pick<DeviceCode, 'verificationUrl' | 'userCode' | 'expiresAtMs'>): void | Promise<void>
}
