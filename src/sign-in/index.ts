/**
 * How a person signs in.
 *
 * @module
 */
export { beginSignIn, type BrowserWay, type PendingSignIn, type SignInOptions } from './begin-sign-in.js'
export { signIn, type ScreenedSignInOptions } from './sign-in.js'
export {
  detectSignInEnvironment,
  signInRequired,
  type LeadingDoor,
  type Place,
  type SignInEnvironment,
} from './environment.js'
export { readHostFacts, type HostFacts, type HostFactsOptions, type Variables } from './environment-facts.js'
export {
  assertSameProvider,
  completeSignIn,
  revokeReplaced,
  type CompletedSignIn,
  type Completion,
} from './complete-sign-in.js'
export { toSignInResult, type SignInResult } from './sign-in-result.js'
export { openInBrowser, type BrowserOpening, type OpenBrowserOptions, type StartProgram } from './open-browser.js'
export { parsePastedCallback } from './paste.js'
export { toSshTunnel } from './ssh-tunnel.js'
export { findPortHolder } from './loopback-holder.js'
export { registeredPorts } from './loopback-port.js'
export type { SignInFlow } from './door.js'
export { expectAccount, isOtherAccount, type AcceptSignIn, type AccountExpectation } from './expect-account.js'
export type { BrowserLink, OtherWay, SignInScreen } from './screen.js'
