import { randomInt } from 'node:crypto'
import type { Clock } from '../core/index.js'
import type { EmulatedAccount } from './accounts.js'
import { type CodeBook, toCodeChallenge } from './authorization-codes.js'
import { randomToken } from './sessions.js'

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

/** Device sign-ins on their way to a code: data and transitions, no HTTP. */
export interface DeviceBook {
  start(clientId: string): DeviceGrant
  /** `undefined` when no such code waits for a decision. */
  pending(userCode: string): DeviceGrant | undefined
  decide(userCode: string, account: EmulatedAccount | 'denied'): boolean
  expire(userCode: string): boolean
  poll(deviceAuthId: string, userCode: string): DevicePoll
}

type DeviceRecord = DeviceGrant & {
  state: DeviceGrant['state']
  expiresAtMs: number
  account?: EmulatedAccount
}

export interface DeviceRules {
  readonly clock: Clock
  readonly codes: CodeBook
  readonly deviceCodeMs: number
  readonly scope: string
}

export function createDeviceBook({ clock, codes, deviceCodeMs, scope }: DeviceRules): DeviceBook {
  const devices = new Map<string, DeviceRecord>()
  const find = (userCode: string) => devices.get(normaliseUserCode(userCode))
  const pending = (userCode: string) => {
    const device = find(userCode)
    return device?.state === 'pending' && clock.now() < device.expiresAtMs ? device : undefined
  }

  return {
    start(clientId) {
      const [userCode, deviceAuthId] = [randomUserCode(), `deviceauth_${randomToken()}`]
      const device = { deviceAuthId, userCode, clientId, expiresAtMs: clock.now() + deviceCodeMs }
      const record: DeviceRecord = { ...device, state: 'pending' }
      devices.set(normaliseUserCode(userCode), record)
      return record
    },
    pending,
    decide(userCode, account) {
      const device = pending(userCode)
      if (device === undefined) return false
      device.state = account === 'denied' ? 'denied' : 'approved'
      if (account !== 'denied') device.account = account
      return true
    },
    expire(userCode) {
      const device = find(userCode)
      if (device !== undefined) device.expiresAtMs = clock.now()
      return device !== undefined
    },
    poll(deviceAuthId, userCode) {
      const device = find(userCode)
      if (device?.deviceAuthId !== deviceAuthId || device.state === 'redeemed') return { outcome: 'unknown' }
      if (clock.now() >= device.expiresAtMs) return { outcome: 'expired' }
      if (device.state !== 'approved' || device.account === undefined)
        return { outcome: device.state === 'denied' ? 'denied' : 'pending' }
      device.state = 'redeemed'
      return redeem(device.account, device.clientId, { codes, scope })
    },
  }
}

/** The code, and the PKCE pair for it, which the server makes here (protocol 3.3). */
function redeem(
  account: EmulatedAccount,
  clientId: string,
  { codes, scope }: Pick<DeviceRules, 'codes' | 'scope'>,
): DevicePoll {
  const codeVerifier = randomToken()
  const codeChallenge = toCodeChallenge(codeVerifier)
  const code = codes.add({ account, clientId, scope, redirectUri: undefined, codeChallenge, nonce: undefined })
  return { outcome: 'approved', code, codeVerifier, codeChallenge }
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
