import {
  createCodexProvider,
  createMemoryStore,
  createSession,
  parseAuthFile,
  type ChatgptCredential,
  type CredentialStore,
  type Provider,
  type Session,
  type SessionOptions,
} from '../../src/core/index.js'
import {
  createEmulator,
  createFakeClock,
  type EmulatedAccount,
  type Emulator,
  type EmulatorOptions,
  type FakeClock,
} from '../../src/testing/index.js'
import { signingKey } from './signing-key.js'

/** An emulator on a clock that stands still, and somebody who is signed in to it. */
export interface SignedIn {
  readonly clock: FakeClock
  readonly emulator: Emulator
  readonly provider: Provider
  readonly credential: ChatgptCredential
  readonly store: CredentialStore
  readonly session: Session
  /** Another session, over the same store unless told otherwise. */
  readonly openSession: (options?: Partial<SessionOptions>) => Session
}

export interface SignedInOptions extends Omit<EmulatorOptions, 'clock'> {
  readonly session?: Partial<SessionOptions>
}

export async function signedIn({ session: sessionOptions, ...options }: SignedInOptions = {}): Promise<SignedIn> {
  const clock = createFakeClock()
  const emulator = createEmulator({ clock, signingKey, ...options })
  const provider = providerOf(emulator)
  const credential = await credentialFrom(emulator)
  const store = sessionOptions?.store ?? createMemoryStore(credential)
  const openSession = (more: Partial<SessionOptions> = {}) =>
    createSession({ store, provider, clock, fetch: emulator.fetch, ...sessionOptions, ...more })
  return { clock, emulator, provider, credential, store, openSession, session: openSession() }
}

export function providerOf(emulator: Pick<Emulator, 'issuer' | 'backendUrl'>): Provider {
  return createCodexProvider({ issuer: emulator.issuer, backendUrl: emulator.backendUrl })
}

/** A fresh sign-in at the emulator, as its `auth.json` would hold it. */
export async function credentialFrom(emulator: Emulator, account?: EmulatedAccount): Promise<ChatgptCredential> {
  return parseChatgpt(await authTextFrom(emulator, account))
}

export async function authTextFrom(emulator: Emulator, account?: EmulatedAccount): Promise<string> {
  const tokens = await emulator.issueTokens(account)
  const document = {
    auth_mode: 'chatgpt',
    OPENAI_API_KEY: null,
    tokens: {
      id_token: tokens.idToken,
      access_token: tokens.accessToken,
      refresh_token: tokens.refreshToken,
      oauth_provenance: { issuer: emulator.issuer, client_id: providerOf(emulator).clientId },
      account_id: tokens.account.accountId,
    },
    last_refresh: new Date(emulator.clock.now()).toISOString(),
  }
  return JSON.stringify(document, undefined, 2)
}

export function parseChatgpt(text: string): ChatgptCredential {
  const credential = parseAuthFile(text)
  if (credential?.mode !== 'chatgpt') throw new Error('The test needs a ChatGPT credential.')
  return credential
}

/** Until the access token of `signedIn` is within the refresh window. */
export const untilDueMs = 56 * 60 * 1000
/** Until it has ended. */
export const untilExpiredMs = 61 * 60 * 1000
