import { describe, expect, it, vi } from 'vitest'
import type { ChatgptCredential, Fetch } from '../../src/core/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { createFlakyStore } from '../support/flaky-store.js'
import { credentialFrom, signedIn, untilDueMs, untilExpiredMs } from '../support/signed-in.js'

/** Law 2 of the session. */
async function withFlakyStore() {
  const world = await signedIn()
  const store = createFlakyStore(world.credential)
  return { ...world, store, session: world.openSession({ store }) }
}

const storedToken = (store: { current: unknown }) => (store.current as ChatgptCredential).refreshToken

describe('a rotated token that could not be stored', () => {
  it('is an error of its own for whoever asked for a refresh', async () => {
    const { session, store } = await withFlakyStore()
    store.failingWrites = 1
    const error = await caughtAuthError(session.refresh())
    expect(error.code).toBe('ERR_STORE_WRITE_AFTER_ROTATION')
    expect(error.cause).toMatchObject({ code: 'ERR_STORE_WRITE' })
  })

  it.each([
    ['is about to end', untilDueMs],
    ['has ended', untilExpiredMs],
  ])('is used from memory when the old access token %s', async (_, milliseconds) => {
    const { session, store, emulator, credential, clock } = await withFlakyStore()
    await clock.advance(milliseconds)
    store.failingWrites = Infinity
    const token = await session.accessToken()
    expect(token.equals(credential.accessToken)).toBe(false)
    expect((await session.accessToken()).equals(token)).toBe(true)
    expect((await session.fetch(`${emulator.backendUrl}/wham/usage`)).status).toBe(200)
    expect(emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
  })

  it('is stored as soon as the store can be written again', async () => {
    const { session, store, credential, emulator } = await withFlakyStore()
    store.failingWrites = 2
    await caughtCode(session.refresh())
    await session.accessToken()
    expect(storedToken(store)?.equals(credential.refreshToken)).toBe(true)
    const token = await session.accessToken()
    expect((store.current as ChatgptCredential).accessToken.equals(token)).toBe(true)
    expect(emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
  })

  it('is what the next refresh spends: the spent one is never sent again', async () => {
    const { session, store, clock, emulator } = await withFlakyStore()
    store.failingWrites = 2
    await caughtCode(session.refresh())
    await caughtCode(session.refresh())
    await session.refresh()
    await clock.advance(untilExpiredMs)
    await session.accessToken()
    expect(emulator.counters.refresh).toMatchObject({ ok: 4, reused: 0 })
  })

  it('does not write over a sign-in that came in the meantime', async () => {
    const { session, store, emulator } = await withFlakyStore()
    store.failingWrites = 1
    await caughtCode(session.refresh())
    const newer = await credentialFrom(emulator)
    store.current = newer
    await session.accessToken()
    expect(store.current).toBe(newer)
  })

  it('is remembered as dead when the server refuses it, though the store holds another', async () => {
    const { session, store, emulator, clock } = await withFlakyStore()
    store.failingWrites = Infinity
    await caughtCode(session.refresh())
    emulator.expireRefreshTokens()
    await clock.advance(untilExpiredMs)
    for (let round = 0; round < 3; round += 1)
      expect(await caughtCode(session.accessToken())).toBe('ERR_TOKEN_REFRESH_EXPIRED')
    expect(emulator.counters.refresh).toMatchObject({ ok: 1, expired: 1, reused: 0 })
  })

  it('is not put back by a late attempt to store it, once a later one exists', async () => {
    const { session, store, emulator, clock } = await withFlakyStore()
    store.failingWrites = 1
    await caughtCode(session.refresh())
    store.failingWrites = 1
    emulator.faults.add({ endpoint: 'token', delayMs: 1000, times: 1 })
    const rotating = caughtCode(session.refresh())
    await vi.waitUntil(() => clock.sleeping > 0, { interval: 1 })
    const storing = session.accessToken()
    await clock.advance(1000)
    expect(await rotating).toBe('ERR_STORE_WRITE_AFTER_ROTATION')
    await storing
    await session.refresh()
    expect(emulator.counters.refresh).toMatchObject({ ok: 3, reused: 0, revoked: 0 })
  })

  it('is stored and revoked by a sign-out', async () => {
    const { session, store, emulator } = await withFlakyStore()
    store.failingWrites = 1
    await caughtCode(session.refresh())
    expect(await session.signOut()).toEqual({ removed: true, revocation: 'revoked' })
    expect(store.current).toBeUndefined()
    expect(emulator.sessions.map(({ state }) => state)).toEqual(['revoked'])
    expect(await caughtCode(session.accessToken())).toBe('ERR_SIGN_IN_REQUIRED')
  })

  it('is what a sign-out revokes where it cannot be stored, as on a full disk', async () => {
    const { openSession, store, emulator } = await withFlakyStore()
    const bodies: unknown[] = []
    const fetch: Fetch = (input, init) => {
      bodies.push(JSON.parse(typeof init?.body === 'string' ? init.body : '{}'))
      return emulator.fetch(input, init)
    }
    const session = openSession({ store, fetch })
    store.failingWrites = Infinity
    await caughtCode(session.refresh())
    const live = await session.credential()
    const events: string[] = []
    session.subscribe(({ type }) => events.push(type))
    expect(await session.signOut()).toEqual({ removed: true, revocation: 'revoked' })
    expect(bodies.at(-1)).toMatchObject({ token: live.refreshToken?.reveal() })
    expect(await caughtCode(session.accessToken())).toBe('ERR_SIGN_IN_REQUIRED')
    expect(events).toEqual(['signed-out'])
  })
})

it('does not spend a token when the store cannot be written to begin with', async () => {
  const { openSession, store, emulator } = await signedIn()
  const readOnly = {
    ...store,
    update: async () => {
      throw new Error('read-only')
    },
  }
  await expect(openSession({ store: readOnly }).refresh()).rejects.toThrow('read-only')
  expect(emulator.log).toEqual([])
})
