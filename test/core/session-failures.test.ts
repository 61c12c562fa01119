import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { AuthError, createMemoryStore, createMemoryVerdicts, type CredentialStore } from '../../src/core/index.js'
import { defaultAccount, type Fault } from '../../src/testing/index.js'
import { createFileVerdicts } from '../../src/stores/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { credentialFrom, signedIn, untilDueMs, untilExpiredMs } from '../support/signed-in.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** What a refresh may meet that says nothing about the sign-in (law 5 of the session). */
const passing: [string, Omit<Fault, 'endpoint'>][] = [
  ['429', { status: 429, headers: { 'retry-after': '5' }, body: { error: 'rate_limited' } }],
  ['500', { status: 500, body: { error: 'server_error' } }],
  ['500 without a body', { status: 500 }],
  ['403 invalid_grant', { status: 403, body: { error: 'invalid_grant' } }],
  ['404', { status: 404 }],
  ['a page with 200', { html: '<html>Sign in to the hotel network</html>' }],
  ['a page with 401', { status: 401, html: '<html>Sign in to the hotel network</html>' }],
  ['a page with 403', { status: 403, html: '<html>Attention required</html>' }],
  ['a page with 503', { status: 503, html: '<html>Maintenance</html>' }],
  ['a redirect', { status: 302, headers: { location: 'https://elsewhere.test/' } }],
  ['an empty object', { body: {} }],
  ['a list', { body: [] }],
  ['no access token', { body: { refresh_token: 'x' } }],
  ['nonsense', { body: 'nonsense' }],
  ['a connection that drops before the server saw it', { drop: 'before' }],
  ['half an answer', { status: 200, body: { access_token: 'x' }, truncateAfterBytes: 5 }],
  ['half a refusal', { status: 401, body: { error: 'refresh_token_expired' }, truncateAfterBytes: 5 }],
]

describe.each(passing)('a refresh that meets %s', (_, fault) => {
  it('leaves a token that is still valid in use', async () => {
    const { session, emulator, credential, clock } = await signedIn()
    emulator.faults.add({ endpoint: 'token', ...fault })
    await clock.advance(untilDueMs)
    expect((await session.accessToken()).equals(credential.accessToken)).toBe(true)
  })

  it('loses nothing: the next one succeeds with the token that was stored', async () => {
    const { session, emulator, store, credential, clock } = await signedIn()
    emulator.faults.add({ endpoint: 'token', times: 1, ...fault })
    await clock.advance(untilExpiredMs)
    const error = await caughtAuthError(session.accessToken())
    expect(error.code).not.toMatch(/^ERR_(TOKEN_REFRESH_(EXPIRED|REUSED|REVOKED|REJECTED)|SIGN_IN)/)
    expect(await store.read()).toBe(credential)
    expect((await session.status()).state).toBe('refreshable')
    await session.accessToken()
    expect(emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
  })
})

it('tells the caller of `refresh` what it met, though the token is still valid', async () => {
  const { session, emulator } = await signedIn()
  emulator.faults.add({ endpoint: 'token', status: 429, headers: { 'retry-after': '5' } })
  const error = await caughtAuthError(session.refresh())
  expect(error).toMatchObject({ code: 'ERR_TOKEN_REFRESH_UNAVAILABLE', retryable: true, retryAfterMs: 5000 })
})

it('warns of a failed refresh in the log, and only there, while the token is valid', async () => {
  const lines: string[] = []
  const logger = { debug: (line: string) => void lines.push(line), warn: (line: string) => void lines.push(line) }
  const { session, emulator, clock } = await signedIn({ session: { logger } })
  emulator.faults.add({ endpoint: 'token', status: 500 })
  await clock.advance(untilDueMs)
  await session.accessToken()
  expect(lines).toEqual([expect.stringContaining('status 500')])
})

it('is tried again after a pause, while the token is valid', async () => {
  const { session, emulator, clock } = await signedIn()
  emulator.faults.add({ endpoint: 'token', status: 503, times: 1 })
  await clock.advance(untilDueMs)
  for (let call = 0; call < 10; call += 1) await session.accessToken()
  expect(emulator.counters.requests.token).toBe(1)
  await clock.advance(10_000)
  await session.accessToken()
  expect(emulator.counters.refresh.ok).toBe(1)
})

it('is not tried again before the issuer wants it to be, while the token is valid', async () => {
  const { session, emulator, clock } = await signedIn()
  emulator.faults.add({ endpoint: 'token', status: 429, headers: { 'retry-after': '60' }, times: 1 })
  await clock.advance(untilDueMs)
  for (let seconds = 0; seconds < 60; seconds += 10) {
    await session.accessToken()
    await clock.advance(10_000)
  }
  expect(emulator.counters.requests.token).toBe(1)
  await session.accessToken()
  expect(emulator.counters.refresh.ok).toBe(1)
})

it('keeps nobody waiting who has a token that is valid, and goes on all the same', async () => {
  const { session, emulator, clock, credential } = await signedIn()
  emulator.faults.add({ endpoint: 'token', delayMs: 60_000, times: 1 })
  const timeUp = new AbortController()
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeUp.signal)
  onTestFinished(() => timeout.mockRestore())
  await clock.advance(untilDueMs)
  const waiting = session.accessToken()
  await vi.waitUntil(() => clock.sleeping === 1, { interval: 1 })
  timeUp.abort(new DOMException('The time is up.', 'TimeoutError'))
  expect((await waiting).equals(credential.accessToken)).toBe(true)
  timeout.mockRestore()
  await clock.advance(60_000)
  expect((await session.accessToken()).equals(credential.accessToken)).toBe(false)
  expect(emulator.counters.requests.token).toBe(1)
})

it('survives an answer that was lost after the token was rotated, where the server forgives it', async () => {
  const { session, emulator, clock } = await signedIn({ reuse: 'grace' })
  emulator.faults.add({ endpoint: 'token', drop: 'after', times: 1 })
  await clock.advance(untilExpiredMs)
  expect(await caughtCode(session.accessToken())).toBe('ERR_NETWORK_UNREACHABLE')
  await session.accessToken()
  expect(emulator.counters.refresh.reused).toBe(0)
})

it('says that the token was reused, where the server does not forgive it', async () => {
  const { session, emulator, clock } = await signedIn({ reuse: 'strict' })
  emulator.faults.add({ endpoint: 'token', drop: 'after', times: 1 })
  await clock.advance(untilExpiredMs)
  expect(await caughtCode(session.accessToken())).toBe('ERR_NETWORK_UNREACHABLE')
  expect(await caughtCode(session.accessToken())).toBe('ERR_TOKEN_REFRESH_REUSED')
})

describe('a dead refresh token', () => {
  it.each([
    ['ERR_TOKEN_REFRESH_EXPIRED', 'refresh_token_expired'],
    ['ERR_TOKEN_REFRESH_REUSED', 'refresh_token_reused'],
    ['ERR_TOKEN_REFRESH_REVOKED', 'refresh_token_invalidated'],
    ['ERR_TOKEN_REFRESH_REJECTED', 'invalid_grant'],
  ])('is tried once, and remembered as %s', async (code, error) => {
    const { session, emulator, store, credential, clock } = await signedIn()
    emulator.faults.add({ endpoint: 'token', status: 400, body: { error } })
    await clock.advance(untilExpiredMs)
    for (let round = 0; round < 3; round += 1) expect(await caughtCode(session.accessToken())).toBe(code)
    expect(await caughtCode(session.refresh())).toBe(code)
    expect(emulator.counters.requests.token).toBe(1)
    expect(await store.read()).toBe(credential)
    expect(await session.status()).toMatchObject({ state: 'dead', signedIn: false, reason: code })
  })

  it('leaves an access token in use that has not ended', async () => {
    const { session, emulator, credential, clock } = await signedIn()
    emulator.expireRefreshTokens()
    await clock.advance(untilDueMs)
    for (let round = 0; round < 3; round += 1) {
      expect((await session.accessToken()).equals(credential.accessToken)).toBe(true)
      await clock.advance(15_000)
    }
    expect(emulator.counters.requests.token).toBe(1)
    expect(await session.status()).toMatchObject({ state: 'valid', reason: 'ERR_TOKEN_REFRESH_EXPIRED' })
  })

  it('is remembered by other sessions that share the memory', async () => {
    const verdicts = createMemoryVerdicts()
    const { session, openSession, emulator, clock } = await signedIn({ session: { verdicts } })
    emulator.expireRefreshTokens()
    await clock.advance(untilExpiredMs)
    await caughtCode(session.accessToken())
    expect(await caughtCode(openSession().accessToken())).toBe('ERR_TOKEN_REFRESH_EXPIRED')
    expect(emulator.counters.requests.token).toBe(1)
  })

  it('is remembered by a later process, by its fingerprint alone', async () => {
    const folder = join(await temporaryFolder(), 'profile')
    const { openSession, emulator, clock } = await signedIn()
    emulator.expireRefreshTokens()
    await clock.advance(untilExpiredMs)
    await caughtCode(openSession({ verdicts: createFileVerdicts(folder) }).accessToken())
    const later = openSession({ verdicts: createFileVerdicts(folder) })
    expect(await later.status()).toMatchObject({ state: 'dead', reason: 'ERR_TOKEN_REFRESH_EXPIRED' })
    expect(await caughtCode(later.accessToken())).toBe('ERR_TOKEN_REFRESH_EXPIRED')
    expect(emulator.counters.requests.token).toBe(1)
  })

  it('is remembered although the store cannot be read in that moment', async () => {
    const { openSession, emulator, store, credential, clock } = await signedIn()
    emulator.expireRefreshTokens()
    await clock.advance(untilExpiredMs)
    const read = vi.fn<CredentialStore['read']>(async () => credential).mockResolvedValueOnce(credential)
    read.mockRejectedValueOnce(new AuthError('ERR_STORE_READ', 'The disk is gone.'))
    const session = openSession({ store: { ...store, read } })
    expect(await caughtCode(session.accessToken())).toBe('ERR_STORE_READ')
    expect(await caughtCode(session.accessToken())).toBe('ERR_TOKEN_REFRESH_EXPIRED')
    expect(emulator.counters.requests.token).toBe(1)
  })

  it('is forgotten when a new one is stored', async () => {
    const { session, emulator, store, clock } = await signedIn()
    emulator.expireRefreshTokens()
    await clock.advance(untilExpiredMs)
    await caughtCode(session.accessToken())
    const again = await credentialFrom(emulator)
    await store.update(async () => ({ write: again, result: undefined }))
    expect((await session.accessToken()).equals(again.accessToken)).toBe(true)
    expect(await session.status()).toMatchObject({ state: 'valid' })
    expect(await session.status()).not.toHaveProperty('reason')
  })
})

describe('status', () => {
  it('asks nobody, whatever the state', async () => {
    const { session, emulator, clock, openSession } = await signedIn()
    expect(await session.status()).toEqual({
      state: 'valid',
      signedIn: true,
      mode: 'chatgpt',
      email: 'ada@example.test',
      planType: 'plus',
      accountId: 'account-emulated-1',
      userId: defaultAccount.userId,
      issuer: emulator.issuer,
      expiresAtMs: clock.now() + 3_600_000,
      store: 'memory of this process',
    })
    await clock.advance(untilExpiredMs)
    expect(await session.status()).toMatchObject({ state: 'refreshable', signedIn: true })
    const absent = openSession({ store: createMemoryStore() })
    expect(await absent.status()).toEqual({ state: 'absent', signedIn: false, store: 'memory of this process' })
    const foreign = openSession({ store: createMemoryStore({ mode: 'apikey' }) })
    expect(await foreign.status()).toMatchObject({ state: 'unsupported', signedIn: false, mode: 'apikey' })
    expect(emulator.log).toEqual([])
  })
})
