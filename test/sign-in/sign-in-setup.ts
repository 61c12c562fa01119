import { createMemoryStore, type Clock, type CredentialStore } from '../../src/core/index.js'
import { createEmulator, type Emulator, type EmulatorOptions } from '../../src/testing/index.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { providerOf } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'

interface Setup extends Omit<EmulatorOptions, 'clock'> {
  /** One on which nobody waits, when not given. */
  readonly clock?: Clock
  readonly store?: CredentialStore
}

/** What a sign-in takes, before an emulator that lets a browser come back to any port. */
export function setUp({ clock = createHurryingClock(), store = createMemoryStore(), ...options }: Setup = {}) {
  const emulator = createEmulator({
    signingKey,
    clock,
    deviceIntervalSeconds: 1,
    rulesOff: ['redirect-uri-registered'],
    ...options,
  })
  const common = { provider: providerOf(emulator), store, clock, fetch: emulator.fetch, callbackPort: 0 }
  return { emulator, store, clock, common }
}

/** The address that the person's browser ends on. */
export async function callbackOf(
  { fetch }: Pick<Emulator, 'fetch'>,
  url: URL,
  decision: 'approve' | 'deny' = 'approve',
): Promise<URL> {
  const body = new URLSearchParams({ decision })
  const answer = await fetch(url, { method: 'POST', body, redirect: 'manual' })
  return new URL(answer.headers.get('location') ?? '')
}

/** What a sign-in of the emulator's own person answers, by the browser and into memory. */
export const signedInByBrowser = {
  provider: 'codex',
  flow: 'browser',
  storage: 'memory',
  mode: 'chatgpt',
  accountId: 'account-emulated-1',
  planType: 'plus',
  isPersisted: false,
}
