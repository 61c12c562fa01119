import { describe, expect, it } from 'vitest'
import type { ChatgptCredential, CredentialStore, SessionEvent } from '../../src/core/index.js'
import { AuthError, createSession } from '../../src/core/index.js'
import { createEmulator, createFakeClock, defaultAccount } from '../../src/testing/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { createFlakyStore } from '../support/flaky-store.js'
import { credentialFrom, providerOf, signedIn, untilDueMs } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'

const somebodyElse = {
  ...defaultAccount,
  email: 'grace@example.test',
  userId: 'user-grace',
  accountId: 'account-grace',
}

/** A store in memory that counts what it is asked. */
function createCountingStore(initial: ChatgptCredential) {
  const asked = { reads: 0, revisions: 0 }
  const store = createFlakyStore(initial)
  let revision = 1
  const counting: CredentialStore = {
    ...store,
    read: async () => {
      asked.reads += 1
      return store.current
    },
    revision: async () => {
      asked.revisions += 1
      return String(revision)
    },
  }
  const replace = (next: ChatgptCredential | undefined) => {
    store.current = next
    revision += 1
  }
  return { store: counting, asked, replace }
}

async function watched() {
  const lab = await signedIn()
  const { store, asked, replace } = createCountingStore(lab.credential)
  const session = lab.openSession({ store })
  const events: SessionEvent['type'][] = []
  session.subscribe(({ type }) => events.push(type))
  await session.accessToken()
  return { ...lab, session, asked, replace, events }
}

describe('a session that runs for long', () => {
  it('asks its store for nothing within a second of having looked', async () => {
    const { session, asked } = await watched()
    const before = { ...asked }
    for (let call = 0; call < 100; call += 1) await session.accessToken()
    expect(asked).toEqual(before)
  })

  it('asks for the marker alone, once a second, while nothing changes', async () => {
    const { session, asked, clock } = await watched()
    const { reads, revisions } = asked
    for (let second = 0; second < 10; second += 1) {
      await clock.advance(1000)
      await session.accessToken()
      await session.accessToken()
    }
    expect(asked).toEqual({ reads, revisions: revisions + 10 })
  })

  it('goes on with the newer sign-in of the same person without a restart', async () => {
    const { session, emulator, clock, replace } = await watched()
    const newer = await credentialFrom(emulator)
    replace(newer)
    await clock.advance(1000)
    expect((await session.accessToken()).equals(newer.accessToken)).toBe(true)
  })

  it('refuses to go on as somebody else, and says so', async () => {
    const { session, emulator, clock, replace, events } = await watched()
    replace(await credentialFrom(emulator, somebodyElse))
    await clock.advance(1000)
    expect(await caughtCode(session.accessToken())).toBe('ERR_TOKEN_ACCOUNT_MISMATCH')
    expect(events).toEqual(['account-changed'])
  })

  it('keeps refusing for as long as somebody else is signed in, and says so once', async () => {
    const { session, emulator, clock, replace, events } = await watched()
    replace(await credentialFrom(emulator, somebodyElse))
    for (let second = 0; second < 3; second += 1) {
      await clock.advance(1000)
      expect(await caughtCode(session.accessToken())).toBe('ERR_TOKEN_ACCOUNT_MISMATCH')
    }
    expect(events).toEqual(['account-changed'])
  })

  it('notices that another process has signed out', async () => {
    const { session, clock, replace, events } = await watched()
    replace(undefined)
    await clock.advance(1000)
    expect(await caughtCode(session.accessToken())).toBe('ERR_SIGN_IN_REQUIRED')
    expect(events).toEqual(['signed-out'])
  })

  it('takes up a sign-in of somebody else after a sign-out', async () => {
    const { session, emulator, clock, replace } = await watched()
    replace(undefined)
    await clock.advance(1000)
    await caughtCode(session.accessToken())
    const other = await credentialFrom(emulator, somebodyElse)
    replace(other)
    expect((await session.accessToken()).equals(other.accessToken)).toBe(true)
  })

  it('goes on with a good token while its store is in trouble, and not with one that has ended', async () => {
    const { openSession, credential, clock } = await signedIn()
    const store = createFlakyStore(credential)
    let isBroken = false
    const read = async () => {
      if (isBroken) throw new AuthError('ERR_STORE_READ', 'The disk is gone.')
      return credential
    }
    const session = openSession({ store: { ...store, read } })
    await session.accessToken()
    isBroken = true
    await clock.advance(60_000)
    expect((await session.accessToken()).equals(credential.accessToken)).toBe(true)
    await clock.advance(60 * 60_000)
    expect(await caughtCode(session.accessToken())).toBe('ERR_STORE_READ')
  })
})

describe('the events of a session', () => {
  it('tell of a refresh, of a token that could not be stored, of its storing, and of the sign-out', async () => {
    const { openSession, credential, clock } = await signedIn()
    const store = createFlakyStore(credential)
    const session = openSession({ store })
    const events: SessionEvent[] = []
    const unsubscribe = session.subscribe((event) => events.push(event))
    await session.refresh()
    store.failingWrites = 1
    expect(await caughtCode(session.refresh())).toBe('ERR_STORE_WRITE_AFTER_ROTATION')
    await clock.advance(1000)
    await session.accessToken()
    await session.signOut()
    unsubscribe()
    expect(events.map(({ type }) => type)).toEqual(['refreshed', 'persist-failed', 'persist-recovered', 'signed-out'])
  })

  it('reach every listener although one of them fails, and no listener that has left', async () => {
    const { session } = await signedIn()
    const heard: string[] = []
    session.subscribe(() => {
      throw new Error('This listener is broken.')
    })
    session.subscribe(({ type }) => heard.push(type))
    session.subscribe(() => heard.push('left'))()
    await session.refresh()
    expect(heard).toEqual(['refreshed'])
  })

  it('carry no secret', async () => {
    const { session, credential } = await signedIn()
    const events: SessionEvent[] = []
    session.subscribe((event) => events.push(event))
    const refreshed = await session.refresh()
    const text = JSON.stringify(events)
    for (const token of [credential, refreshed].flatMap((one) => [one.accessToken, one.refreshToken, one.idToken])) {
      expect(text).not.toContain(token?.reveal())
    }
  })
})

/** A session on a machine whose clock is `offsetMs` away from the issuer's. */
async function onAWrongClock(offsetMs: number) {
  const serverClock = createFakeClock()
  const emulator = createEmulator({ clock: serverClock, signingKey })
  const credential = await credentialFrom(emulator)
  const store = createFlakyStore(credential)
  const clock = {
    now: () => serverClock.now() + offsetMs,
    sleep: (milliseconds: number, signal?: AbortSignal) => serverClock.sleep(milliseconds, signal),
  }
  const session = createSession({ store, provider: providerOf(emulator), clock, fetch: emulator.fetch })
  return { serverClock, emulator, credential, session }
}

describe('a wrong clock', () => {
  it('that is an hour ahead costs one refresh, from which the session learns the time', async () => {
    const { emulator, session, serverClock } = await onAWrongClock(60 * 60_000)
    await session.accessToken()
    for (let minute = 0; minute < 50; minute += 1) {
      await serverClock.advance(60_000)
      await session.accessToken()
    }
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('that is an hour behind serves no ended token for ever: a 401 beats arithmetic', async () => {
    const { emulator, session, serverClock } = await onAWrongClock(-60 * 60_000)
    await serverClock.advance(65 * 60_000)
    const response = await session.fetch(`${emulator.backendUrl}/wham/usage`)
    expect(response.status).toBe(200)
    expect(emulator.counters.refresh.ok).toBe(1)
    await serverClock.advance(untilDueMs)
    await session.accessToken()
    expect(emulator.counters.refresh.ok).toBe(2)
  })
})

describe('a token that lives for a few minutes only', () => {
  it('is refreshed at half its life, not each time it is asked for', async () => {
    const lifetimes = { accessTokenMs: 4 * 60_000 }
    const { session, emulator, clock } = await signedIn({ lifetimes, allowShortAccessTokens: true })
    for (let second = 0; second < 20 * 60; second += 10) {
      await clock.advance(10_000)
      await session.accessToken()
    }
    expect(emulator.counters.refresh).toMatchObject({ ok: 10, reused: 0 })
  })
})

describe('the jitter of proactive refreshes', () => {
  it('makes a token due up to a tenth of the window earlier', async () => {
    const early = await signedIn({ session: { random: () => 0.99 } })
    await early.clock.advance(54.6 * 60_000)
    await early.session.accessToken()
    expect(early.emulator.counters.refresh.ok).toBe(1)
    const late = await signedIn({ session: { random: () => 0 } })
    await late.clock.advance(54.9 * 60_000)
    await late.session.accessToken()
    expect(late.emulator.counters.refresh.ok).toBe(0)
  })
})

describe('a refresh token that a dead process has spent', () => {
  it('is explained by what the store knows of that process', async () => {
    const { openSession, credential, emulator } = await signedIn({ reuse: 'soft' })
    const spender = openSession({ store: createFlakyStore(credential) })
    await spender.refresh()
    const left = { tokenFingerprint: 'any', reason: 'forced', atMs: Date.UTC(2026, 0, 1), pid: 4711, host: 'desk' }
    const store: CredentialStore = { ...createFlakyStore(credential), unfinishedIntent: async () => left }
    const error = await caughtAuthError(openSession({ store }).refresh())
    expect(error.code).toBe('ERR_TOKEN_REFRESH_REUSED')
    expect(error.message).toContain('process 4711 on desk began at 2026-01-01T00:00:00.000Z')
    expect(emulator.counters.refresh).toMatchObject({ ok: 1, reused: 1 })
  })
})
