import { describe, expect, it } from 'vitest'
import { createMemoryStore, serializeAuthFile } from '../../src/core/index.js'
import { expectAccount, signIn, type AcceptSignIn } from '../../src/sign-in/index.js'
import { createEmulator, type EmulatorOptions, type Fault } from '../../src/testing/index.js'
import { caughtAuthError } from '../support/caught.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { jwt } from '../support/jwt.js'
import { providerOf } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'

interface Setup extends Omit<EmulatorOptions, 'clock'> {
  readonly fault?: Fault
  readonly accept?: AcceptSignIn
}

/** A sign-in with a device code that is approved as soon as it is shown, unless something keeps it from that. */
function startSignIn({ fault, accept, ...options }: Setup = {}) {
  const clock = createHurryingClock()
  const emulator = createEmulator({ clock, signingKey, ...options })
  if (fault) emulator.faults.add(fault)
  const store = createMemoryStore()
  const signingIn = signIn({
    provider: providerOf(emulator),
    store,
    clock,
    fetch: emulator.fetch,
    screen: { showDeviceCode: ({ userCode }) => void emulator.approve(userCode) },
    ...(accept && { accept }),
  })
  return { emulator, store, signingIn }
}

/** What Codex proves of its own device sign-in (protocol 14.B). */
describe('the device sign-in of Codex', () => {
  it('takes one “not yet” for an answer, then stores tokens and account', async () => {
    const fault = { endpoint: 'device-token', status: 404, times: 1 } as const
    const { emulator, store, signingIn } = startSignIn({ fault })
    await signingIn
    expect(emulator.counters.requests['device-token']).toBe(2)
    expect(await store.read()).toMatchObject({ mode: 'chatgpt', accountId: 'account-emulated-1' })
  })

  it('writes nothing when the workspace is not the one that is allowed', async () => {
    const { store, signingIn } = startSignIn({ accept: expectAccount({ workspace: 'account-of-work' }) })
    expect(await caughtAuthError(signingIn)).toMatchObject({ code: 'ERR_SIGN_IN_WRONG_ACCOUNT' })
    expect(await store.read()).toBeUndefined()
  })

  it('names the status with which no code is given, and writes nothing', async () => {
    const { store, signingIn } = startSignIn({ fault: { endpoint: 'device-user-code', status: 503 } })
    const error = await caughtAuthError(signingIn)
    expect(error.code).toBe('ERR_UPSTREAM_UNAVAILABLE')
    expect(error.summary).toContain('503')
    expect(await store.read()).toBeUndefined()
  })

  it('stores no API key and asks for none, also when the tokens say nothing of an account', async () => {
    const claims = { sub: 'user-1', exp: 4_000_000_000 }
    const body = { id_token: jwt(claims), access_token: jwt(claims), refresh_token: 'refresh-1' }
    const { emulator, store, signingIn } = startSignIn({ fault: { endpoint: 'token', status: 200, body } })
    await signingIn
    const stored = await store.read()
    if (stored?.mode !== 'chatgpt') throw new Error('Somebody should be signed in.')
    expect(stored.accountId).toBeUndefined()
    expect(JSON.parse(serializeAuthFile(stored))).toMatchObject({ OPENAI_API_KEY: null })
    expect(emulator.counters.requests.token).toBe(1)
  })

  it('ends at a poll that is refused, names its status, and writes nothing', async () => {
    const body = { error: 'authorization_declined' }
    const { emulator, store, signingIn } = startSignIn({ fault: { endpoint: 'device-token', status: 401, body } })
    const error = await caughtAuthError(signingIn)
    expect(error.code).toBe('ERR_SIGN_IN_FAILED')
    expect(error.summary).toContain('401')
    expect(emulator.counters.requests['device-token']).toBe(1)
    expect(await store.read()).toBeUndefined()
  })
})
