import { describe, expect, it, vi } from 'vitest'
import { createMemoryStore, type Credential } from '../../src/core/index.js'
import { expectAccount, isOtherAccount, signIn, type AcceptSignIn } from '../../src/sign-in/index.js'
import { createEmulator, defaultAccount, type EmulatedAccount, type Emulator } from '../../src/testing/index.js'
import { caught, caughtAuthError } from '../support/caught.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { credentialFrom, providerOf } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'

const adaAtWork = { ...defaultAccount, accountId: 'account-of-work', planType: 'team' }
const graceAtWork = { ...adaAtWork, userId: 'user-grace', email: 'grace@example.test' }

interface SignIn {
  readonly accept: AcceptSignIn
  readonly account?: EmulatedAccount
  /** What is stored before. */
  readonly stored?: (emulator: Emulator) => Promise<Credential>
  readonly prepare?: (emulator: Emulator) => void
}

/** A sign-in that somebody approves at once. */
async function startSignIn({ accept, account, stored, prepare }: SignIn) {
  const clock = createHurryingClock()
  const emulator = createEmulator({ clock, signingKey, accounts: [defaultAccount, adaAtWork, graceAtWork] })
  const before = await stored?.(emulator)
  prepare?.(emulator)
  const store = createMemoryStore(before)
  const signingIn = signIn({
    provider: providerOf(emulator),
    store,
    clock,
    fetch: emulator.fetch,
    accept,
    screen: { showDeviceCode: ({ userCode }) => void emulator.approve(userCode, account) },
  })
  return { emulator, store, before, signingIn }
}

describe('an account that is expected', () => {
  it.each([
    { email: 'ADA@example.test' },
    { workspace: 'account-of-work' },
    { email: 'ada@example.test', workspace: 'account-of-work' },
  ])('may sign in: %j', async (expectation) => {
    const { signingIn, store } = await startSignIn({ accept: expectAccount(expectation), account: adaAtWork })
    const { accountId } = await signingIn
    expect(await store.read()).toMatchObject({ mode: 'chatgpt', accountId })
  })

  it.each([
    [{ email: 'grace@example.test' }, 'grace@example.test'],
    [{ workspace: 'account-emulated-1' }, 'account-emulated-1'],
    [{ email: 'ada@example.test', workspace: 'account-emulated-1' }, 'account-emulated-1'],
  ])('keeps others out, who are revoked and not stored: %j', async (expectation, named) => {
    const { signingIn, store, emulator } = await startSignIn({
      accept: expectAccount(expectation),
      account: adaAtWork,
    })
    const error = await caughtAuthError(signingIn)
    expect(error.code).toBe('ERR_SIGN_IN_WRONG_ACCOUNT')
    expect(error.summary).toContain('ada@example.test (workspace account-of-work)')
    expect(error.summary).toContain(named)
    expect(error.summary).not.toContain('lives on')
    expect(await store.read()).toBeUndefined()
    expect(emulator.sessions.map(({ state }) => state)).toEqual(['revoked'])
  })
})

describe('a sign-in over another', () => {
  const stored = (emulator: Emulator) => credentialFrom(emulator, defaultAccount)

  it('renews it when it is the same account', async () => {
    const { signingIn, store } = await startSignIn({ accept: expectAccount({}), account: defaultAccount, stored })
    const { accountId } = await signingIn
    expect(await store.read()).toMatchObject({ mode: 'chatgpt', accountId })
  })

  it.each([
    ['the same person in another workspace', adaAtWork],
    ['another person', graceAtWork],
  ])('is refused for %s, and the old one stays alive', async (_, account) => {
    const { signingIn, store, before, emulator } = await startSignIn({ accept: expectAccount({}), account, stored })
    const error = await caughtAuthError(signingIn)
    expect(error.code).toBe('ERR_SIGN_IN_WRONG_ACCOUNT')
    expect(error.advice).toContain('--switch-account')
    expect(await store.read()).toBe(before)
    expect(emulator.sessions.map(({ state }) => state)).toEqual(['live', 'revoked'])
  })

  it('replaces another account when that is asked for', async () => {
    const accept = expectAccount({ mayReplace: true })
    const { signingIn, store } = await startSignIn({ accept, account: adaAtWork, stored })
    expect(await signingIn).toMatchObject({ accountId: 'account-of-work' })
    expect(await store.read()).toMatchObject({ accountId: 'account-of-work' })
  })

  it('replaces another tool’s key, which is nobody’s account', async () => {
    const { signingIn } = await startSignIn({
      accept: expectAccount({}),
      stored: async () => ({ mode: 'apikey' }),
    })
    expect(await signingIn).toMatchObject({ mode: 'chatgpt' })
  })

  it('says so when the refused one could not be revoked', async () => {
    const { signingIn, store, before } = await startSignIn({
      accept: expectAccount({}),
      account: graceAtWork,
      stored,
      prepare: ({ faults }) => faults.add({ endpoint: 'revoke', status: 500 }),
    })
    const error = await caughtAuthError(signingIn)
    expect(error.code).toBe('ERR_SIGN_IN_WRONG_ACCOUNT')
    expect(error.summary).toContain('lives on at the server')
    expect(error.cause).toMatchObject({ code: 'ERR_UPSTREAM_UNAVAILABLE' })
    expect(await store.read()).toBe(before)
  })

  it('passes on what another check throws', async () => {
    const refusal = new Error('not on a Sunday')
    const accept = vi.fn<AcceptSignIn>(() => {
      throw refusal
    })
    const { signingIn, before } = await startSignIn({ accept, stored })
    expect(await caught(signingIn)).toBe(refusal)
    expect(accept).toHaveBeenCalledWith(expect.objectContaining({ mode: 'chatgpt' }), before)
  })
})

describe('what an account is known by', () => {
  const emulator = createEmulator({ signingKey })

  it.each([
    ['the same person and workspace', defaultAccount, false],
    ['another e-mail of the same person', { ...defaultAccount, email: 'ada@new.test' }, false],
    ['the same e-mail in another workspace', adaAtWork, true],
    ['the same e-mail and workspace of another person', { ...defaultAccount, userId: 'user-other' }, true],
  ])('is not the e-mail: %s', async (_, account, isOther) => {
    const [one, other] = await Promise.all([credentialFrom(emulator), credentialFrom(emulator, account)])
    expect(isOtherAccount(one, other)).toBe(isOther)
    expect(isOtherAccount(other, one)).toBe(isOther)
  })

  it('is the issuer, too, where both name one', async () => {
    const one = await credentialFrom(emulator)
    const { provenance: _, ...unnamed } = one
    const from = (issuer: string) => ({ ...one, provenance: { issuer, clientId: 'app_test' } })
    const others = [from('https://elsewhere.test'), from(`${emulator.issuer}/`), unnamed]
    expect(others.map((other) => isOtherAccount(one, other))).toEqual([true, false, false])
  })
})
