import { createHash, randomInt } from 'node:crypto'
import type { Clock } from '../core/index.js'
import type { EmulatedAccount } from './accounts.js'
import { randomToken } from './sessions.js'

/** What an authorization code stands for until it is redeemed. */
export interface CodeGrant {
  readonly account: EmulatedAccount
  readonly clientId: string
  readonly scope: string
  /** Byte for byte what the exchange must repeat; `undefined` for the issuer's own `/deviceauth/callback` (protocol 3.3). */
  readonly redirectUri: string | undefined
  /** Missing only when the `pkce-required` rule is off. */
  readonly codeChallenge: string | undefined
  readonly nonce: string | undefined
}

/** A device sign-in that waits for, or has had, a person's decision. */
export interface DeviceGrant {
  readonly deviceAuthId: string
  readonly userCode: string
  readonly clientId: string
  readonly expiresAtMs: number
  readonly state: 'pending' | 'approved' | 'denied' | 'redeemed'
}

/** What a device poll finds. `codeVerifier` is the issuer's own: the server makes the PKCE pair (protocol 3.3). */
export type DevicePoll =
  | {
      readonly outcome: 'approved'
      readonly code: string
      readonly codeVerifier: string
      readonly codeChallenge: string
    }
  | { readonly outcome: 'pending' | 'denied' | 'expired' | 'unknown' }

/** Grants on their way to a session: data and transitions, no HTTP. */
export interface GrantBook {
  addCode(grant: CodeGrant): string
  /** A code is good for one try, whatever comes of it (RFC 6749 4.1.2). */
  takeCode(code: string): CodeGrant | undefined
  /** Remembers which session a code has made. */
  bindCode(code: string, sessionId: string): void
  sessionOf(code: string): string | undefined
  startDevice(clientId: string): DeviceGrant
  pendingDevice(userCode: string): DeviceGrant | undefined
  decide(userCode: string, account: EmulatedAccount | 'denied'): boolean
  expireDevice(userCode: string): boolean
  pollDevice(deviceAuthId: string, userCode: string): DevicePoll
}

type DeviceRecord = DeviceGrant & {
  state: DeviceGrant['state']
  expiresAtMs: number
  account?: EmulatedAccount
}

export interface GrantRules {
  readonly clock: Clock
  readonly authorizationCodeMs: number
  readonly deviceCodeMs: number
  readonly deviceScope: string
}

export function createGrantBook({ clock, authorizationCodeMs, deviceCodeMs, deviceScope }: GrantRules): GrantBook {
  const codes = new Map<string, { readonly grant: CodeGrant; readonly expiresAtMs: number }>()
  const codeSessions = new Map<string, string>()
  const devices = new Map<string, DeviceRecord>()

  const addCode: GrantBook['addCode'] = (grant) => {
    const code = `ac_${randomToken()}`
    codes.set(code, { grant, expiresAtMs: clock.now() + authorizationCodeMs })
    return code
  }
  const pendingDevice = (userCode: string) => {
    const device = devices.get(normaliseUserCode(userCode))
    return device?.state === 'pending' && clock.now() < device.expiresAtMs ? device : undefined
  }

  return {
    addCode,
    takeCode(code) {
      const entry = codes.get(code)
      codes.delete(code)
      return entry !== undefined && clock.now() < entry.expiresAtMs ? entry.grant : undefined
    },
    bindCode: (code, sessionId) => void codeSessions.set(code, sessionId),
    sessionOf: (code) => codeSessions.get(code),
    startDevice(clientId) {
      const userCode = randomUserCode()
      const device: DeviceRecord = {
        deviceAuthId: `deviceauth_${randomToken()}`,
        userCode,
        clientId,
        expiresAtMs: clock.now() + deviceCodeMs,
        state: 'pending',
      }
      devices.set(normaliseUserCode(userCode), device)
      return device
    },
    pendingDevice,
    decide(userCode, account) {
      const device = pendingDevice(userCode)
      if (device === undefined) return false
      device.state = account === 'denied' ? 'denied' : 'approved'
      if (account !== 'denied') device.account = account
      return true
    },
    expireDevice(userCode) {
      const device = devices.get(normaliseUserCode(userCode))
      if (device !== undefined) device.expiresAtMs = clock.now()
      return device !== undefined
    },
    pollDevice(deviceAuthId, userCode) {
      const device = devices.get(normaliseUserCode(userCode))
      if (device?.deviceAuthId !== deviceAuthId || device.state === 'redeemed') return { outcome: 'unknown' }
      if (clock.now() >= device.expiresAtMs) return { outcome: 'expired' }
      if (device.state !== 'approved' || device.account === undefined)
        return { outcome: device.state === 'denied' ? 'denied' : 'pending' }
      device.state = 'redeemed'
      const codeVerifier = randomToken()
      const codeChallenge = toCodeChallenge(codeVerifier)
      const { account, clientId } = device
      const grant = { account, clientId, scope: deviceScope, redirectUri: undefined, codeChallenge, nonce: undefined }
      return { outcome: 'approved', code: addCode(grant), codeVerifier, codeChallenge }
    },
  }
}

/** RFC 7636 4.2, the S256 method. */
export function toCodeChallenge(codeVerifier: string): string {
  return createHash('sha256').update(codeVerifier).digest('base64url')
}

/** No vowels, so that no words come out, and nothing that reads like something else (RFC 8628 6.1). */
const userCodeLetters = 'BCDFGHJKMNPQRSTVWXZ23456789'

function randomUserCode(): string {
  const letters = Array.from({ length: 9 }, () => userCodeLetters[randomInt(userCodeLetters.length)]).join('')
  return `${letters.slice(0, 4)}-${letters.slice(4)}`
}

/** People type codes in lower case, without the dash, with spaces around them. */
function normaliseUserCode(userCode: string): string {
  return userCode.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
}
