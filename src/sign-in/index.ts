/**
 * How a person signs in.
 *
 * @module
 */
export { signInWithDeviceCode, type DeviceSignInOptions } from './device-door.js'
export { expectAccount, isOtherAccount, type AcceptSignIn, type AccountExpectation } from './expect-account.js'
export type { SignInScreen } from './screen.js'
