import {
  createMemoryStore,
  createSession,
  type ChatgptCredential,
  type CredentialStore,
  type Fetch,
  type Provider,
  type Session,
  type SessionOptions,
} from '../../src/core/index.js'
import type { ResponseRequest } from '../../src/backend/index.js'
import { completeSignIn, expectAccount, type Completion } from '../../src/sign-in/index.js'
import { readCallbackQuery } from '../../src/sign-in/callback-query.js'
import {
  createHostId,
  createMemoryRegistrations,
  createSiwcProvider,
  type RegistrationStore,
  type SiwcProviderOptions,
} from '../../src/siwc/index.js'
import {
  createEmulator,
  createFakeClock,
  type Emulator,
  type EmulatorOptions,
  type FakeClock,
} from '../../src/testing/index.js'
import { signingKey } from '../support/signing-key.js'

export const redirectUri = 'http://127.0.0.1:54321/auth/callback'

/** An emulator on a clock that stands still, and a program that people can connect to it. */
export interface SiwcLab {
  readonly clock: FakeClock
  readonly emulator: Emulator
  readonly registrations: RegistrationStore
  readonly hostId: string
  readonly store: CredentialStore
  readonly provider: Provider
  /** The provider with other options; the registration and the host stay the same. */
  readonly providerWith: (options: Partial<SiwcProviderOptions>) => Provider
  readonly session: (options?: Partial<SessionOptions>) => Session
  /** A person's whole way through the browser, and the exchange. */
  readonly signIn: (provider?: Provider) => Promise<ChatgptCredential>
  /** The address the person's browser ends on. */
  readonly visit: (authorizeUrl: URL) => Promise<URL>
}

export function siwcLab(options: Omit<EmulatorOptions, 'clock' | 'advertises'> = {}): SiwcLab {
  const clock = createFakeClock()
  const emulator = createEmulator({ clock, signingKey, autoApprove: true, advertises: 'siwc', ...options })
  const registrations = createMemoryRegistrations()
  const hostId = createHostId()
  const store = createMemoryStore()
  const providerWith: SiwcLab['providerWith'] = (more) =>
    createSiwcProvider({
      appName: 'Quill',
      registrations,
      hostId: async () => hostId,
      clock,
      issuer: emulator.issuer,
      apiUrl: emulator.apiUrl,
      ...more,
    })
  const provider = providerWith({})
  const visit: SiwcLab['visit'] = async (authorizeUrl) => {
    const response = await emulator.fetch(authorizeUrl, { redirect: 'manual' })
    return new URL(response.headers.get('location') ?? `none:${response.status}`)
  }
  return {
    clock,
    emulator,
    registrations,
    hostId,
    store,
    provider,
    providerWith,
    visit,
    session: (more = {}) => createSession({ store, provider, clock, fetch: emulator.fetch, ...more }),
    signIn: (as = provider) => signInAs(as, { fetch: emulator.fetch, store, clock, visit }),
  }
}

/** As `SiwcLab.signIn`, over a `fetch` that may change what the issuer says. */
export async function signInAs(
  provider: Provider,
  {
    fetch,
    store,
    clock,
    visit,
    accept = expectAccount({ mayReplace: true }),
  }: Pick<SiwcLab, 'store' | 'visit'> & Pick<Completion, 'clock' | 'fetch'> & Partial<Pick<Completion, 'accept'>>,
): Promise<ChatgptCredential> {
  const attempt = await provider.ways?.begin(redirectUri)
  if (!attempt) throw new Error('The test needs a provider with ways of its own.')
  const { searchParams } = await visit(attempt.authorizeUrl)
  const reading = readCallbackQuery(searchParams, attempt.state, attempt.receive)
  if (reading.kind !== 'approved') throw reading.kind === 'refused' ? reading.error : new Error(reading.kind)
  const identity = { originator: 'test', userAgent: 'test/1' }
  const completion = { provider, identity, store, fetch, clock, accept }
  const { credential } = await completeSignIn(completion, attempt.toGrant(reading.code))
  return credential
}

/** The question that most tests ask. */
export const question: ResponseRequest = {
  model: 'gpt-5.5',
  instructions: 'Answer briefly.',
  input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
}

/** Until the access token is within the refresh window. */
export const untilDueMs = 56 * 60 * 1000

/** A `fetch` under which every answer of the token endpoint says this, too. */
export function answering(original: Fetch, more: (answer: object) => object | Promise<object>): Fetch {
  return async (input, init) => {
    const response = await original(input, init)
    const url = input instanceof Request ? input.url : input.toString()
    if (!url.endsWith('/oauth/token')) return response
    const answer: unknown = await response.json()
    return Response.json(await more(Object(answer)), { headers: { date: response.headers.get('date') ?? '' } })
  }
}
