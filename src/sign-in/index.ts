/**
 * How a person signs in.
 *
 * @module
 */
export { signInWithDeviceCode, type DeviceSignInOptions } from './device-door.js'
export type { SignInScreen } from './screen.js'
