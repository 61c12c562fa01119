import type { OpenAIOAuthSettings, OpenAIOAuthTokens, TokenStore } from '../../src/ai-sdk/index.js'
import {
  createEmulator,
  createFakeClock,
  type EmulatedAccount,
  type Emulator,
  type EmulatorOptions,
  type FakeClock,
  type IssuedTokens,
} from '../../src/testing/index.js'
import { signingKey } from './signing-key.js'

/** An emulator, and what a program needs to use the plan of somebody who is signed in there. */
export interface PlanLab {
  readonly clock: FakeClock
  readonly emulator: Emulator
  readonly tokens: OpenAIOAuthTokens
  /** All that points to the emulator; whose plan it is, is for the test to say. */
  readonly place: Pick<OpenAIOAuthSettings, 'issuer' | 'baseURL' | 'fetch' | 'clock'>
  /** The bodies that reached `responses`, in order. */
  readonly bodies: () => readonly Record<string, unknown>[]
}

export async function planLab(options: Omit<EmulatorOptions, 'clock'> = {}): Promise<PlanLab> {
  const clock = createFakeClock()
  const emulator = createEmulator({ clock, signingKey, ...options })
  const bodies: Record<string, unknown>[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (urlOf(input).endsWith('/responses') && typeof init?.body === 'string') bodies.push(JSON.parse(init.body))
    return emulator.fetch(input, init)
  }
  return {
    clock,
    emulator,
    tokens: await tokensFrom(emulator),
    place: { issuer: emulator.issuer, baseURL: `${emulator.backendUrl}/codex`, fetch, clock },
    bodies: () => bodies,
  }
}

export function urlOf(input: string | URL | Request): string {
  return input instanceof Request ? input.url : String(input)
}

/** Tokens as a host program keeps them. */
export async function tokensFrom(emulator: Emulator, account?: EmulatedAccount): Promise<OpenAIOAuthTokens> {
  return toOAuthTokens(await emulator.issueTokens(account))
}

function toOAuthTokens({ accessToken, refreshToken, idToken, account, expiresAtMs }: IssuedTokens) {
  return { accessToken, refreshToken, idToken, accountId: account.accountId, expiresAt: expiresAtMs }
}

/** A host's store, with what was saved in it. */
export function recordingStore(initial?: OpenAIOAuthTokens): TokenStore & { readonly saved: OpenAIOAuthTokens[] } {
  const saved: OpenAIOAuthTokens[] = []
  return {
    saved,
    load: async () => saved.at(-1) ?? initial,
    save: async (tokens) => void saved.push(tokens),
  }
}

/** Two people, for conversations that change hands. */
export const twoAccounts: readonly [EmulatedAccount, EmulatedAccount] = [toAccount('ada'), toAccount('grace')]

function toAccount(name: string): EmulatedAccount {
  return {
    accountId: `account-${name}`,
    userId: `user-${name}`,
    email: `${name}@example.test`,
    planType: 'plus',
    isFedramp: false,
  }
}

/** What became of the requests that were refused. */
export function refusedResponses({ log }: Emulator): number[] {
  return log.flatMap(({ endpoint, status = 0 }) => (endpoint === 'responses' && status !== 200 ? [status] : []))
}
