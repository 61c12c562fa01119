import { describe, expect, it, vi } from 'vitest'
import { createMemoryStore, createSession, type ChatgptCredential } from '../../src/core/index.js'
import { authText, startMs, withTokens } from '../support/auth-document.js'
import { caught, caughtCode } from '../support/caught.js'
import { createFlakyStore } from '../support/flaky-store.js'
import { accessToken } from '../support/jwt.js'
import { credentialFrom, parseChatgpt, signedIn, untilDueMs, untilExpiredMs } from '../support/signed-in.js'

const refreshReasons = (emulator: { log: readonly { refreshReason: string | undefined }[] }) =>
  emulator.log.map(({ refreshReason }) => refreshReason).filter((reason) => reason !== undefined)

describe('a session', () => {
  it('neither reads, asks nor connects when it is made', () => {
    const never = () => {
      throw new Error('This was not to be called.')
    }
    const store = { kind: 'never', describe: never, read: never, update: never }
    expect(() => createSession({ store, fetch: never, clock: { now: never, sleep: never } })).not.toThrow()
  })

  it('hands out the stored access token while it is good for more than five minutes', async () => {
    const { session, emulator, credential, clock } = await signedIn()
    await clock.advance(54 * 60_000)
    expect((await session.accessToken()).equals(credential.accessToken)).toBe(true)
    expect(emulator.log).toEqual([])
  })

  it('refreshes within the last five minutes, and stores what came back', async () => {
    const { session, emulator, credential, clock, store } = await signedIn()
    await clock.advance(untilDueMs)
    const token = await session.accessToken()
    expect(token.equals(credential.accessToken)).toBe(false)
    expect(emulator.counters.refresh.ok).toBe(1)
    expect(refreshReasons(emulator)).toEqual(['proactive_expiry'])
    const stored = (await store.read()) as ChatgptCredential
    expect(stored.accessToken.equals(token)).toBe(true)
    expect(stored.refreshToken?.equals(credential.refreshToken)).toBe(false)
    expect(stored).toMatchObject({ lastRefreshMs: clock.now(), accountId: credential.accountId })
  })

  it('keeps to another window when told so', async () => {
    const { session, emulator, clock } = await signedIn({ session: { refreshWindowMs: 30 * 60_000 } })
    await clock.advance(31 * 60_000)
    await session.accessToken()
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('refreshes on demand, due or not', async () => {
    const { session, emulator, credential } = await signedIn()
    const refreshed = await session.refresh()
    expect(refreshed.accessToken.equals(credential.accessToken)).toBe(false)
    expect(refreshReasons(emulator)).toEqual(['forced'])
  })

  it('gives nobody the token that they were refused, or wanted to be rid of, for having asked together with others', async () => {
    const { session, emulator, credential, openSession } = await signedIn()
    const stored = await openSession().refresh()
    const [adopted, forced, replaced] = await Promise.all([
      session.refresh({ rejected: credential.accessToken }),
      session.refresh(),
      session.refresh({ rejected: stored.accessToken }),
    ])
    expect(adopted.accessToken.equals(stored.accessToken)).toBe(true)
    expect(forced.accessToken.equals(stored.accessToken)).toBe(false)
    expect(replaced.accessToken.equals(forced.accessToken)).toBe(true)
    expect(emulator.counters.refresh.ok).toBe(2)
  })

  it('refreshes an opaque token after eight days', async () => {
    const { emulator, credential, clock, openSession } = await signedIn()
    const { expiresAtMs: _, ...opaque } = credential
    const session = openSession({ store: createMemoryStore(opaque) })
    await session.accessToken()
    expect(emulator.log).toEqual([])
    const nineDaysOn = { ...clock, now: () => clock.now() + 9 * 24 * 3_600_000 }
    await openSession({ store: createMemoryStore(opaque), clock: nineDaysOn }).accessToken()
    expect(refreshReasons(emulator)).toEqual(['scheduled'])
  })

  it('asks the issuer and the client id of the file, not those it was made with', async () => {
    const seen: { url: string; body: unknown }[] = []
    const fetch = async (input: string | URL | Request, init?: RequestInit) => {
      const request = new Request(input, init)
      seen.push({ url: request.url, body: await request.json() })
      return Response.json({ access_token: accessToken(startMs + 3_600_000) })
    }
    const provenance = { issuer: 'https://issuer.of.the.file/', client_id: 'client-of-the-file' }
    const stored = parseChatgpt(authText(withTokens({ oauth_provenance: provenance })))
    await createSession({ store: createMemoryStore(stored), fetch }).refresh()
    expect(seen).toMatchObject([
      { url: 'https://issuer.of.the.file/oauth/token', body: { client_id: 'client-of-the-file' } },
    ])
  })
})

describe('many callers at once', () => {
  it('share one refresh', async () => {
    const { session, emulator, clock } = await signedIn()
    await clock.advance(untilExpiredMs)
    const tokens = await Promise.all(Array.from({ length: 100 }, () => session.accessToken()))
    expect(new Set(tokens.map((token) => token.reveal())).size).toBe(1)
    expect(emulator.counters.requests.token).toBe(1)
  })

  it('share one refresh over several sessions of one store', async () => {
    const { openSession, emulator, clock } = await signedIn()
    await clock.advance(untilExpiredMs)
    const sessions = Array.from({ length: 20 }, () => openSession())
    const tokens = await Promise.all(sessions.map((session) => session.accessToken()))
    expect(new Set(tokens.map((token) => token.reveal())).size).toBe(1)
    expect(emulator.counters.requests.token).toBe(1)
  })

  it('share one refresh that is forced, too', async () => {
    const { session, emulator } = await signedIn()
    await Promise.all(Array.from({ length: 10 }, () => session.refresh()))
    expect(emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
  })
})

describe('the refresh of a sibling', () => {
  it('is adopted without a request', async () => {
    const { session, openSession, emulator, clock } = await signedIn()
    await session.accessToken()
    await clock.advance(untilExpiredMs)
    const theirs = await openSession().accessToken()
    emulator.clearLog()
    expect((await session.accessToken()).equals(theirs)).toBe(true)
    expect(emulator.log).toEqual([])
  })

  it('is adopted, too, when it lands while we wait for the store', async () => {
    const { store, openSession, emulator, clock } = await signedIn()
    await clock.advance(untilExpiredMs)
    const [one, other] = [openSession(), openSession({ store })]
    const [mine, theirs] = await Promise.all([one.refresh(), other.refresh()])
    expect(mine.accessToken.equals(theirs.accessToken)).toBe(true)
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('is adopted after our token was refused as reused', async () => {
    const { emulator, credential, clock, openSession } = await signedIn({ reuse: 'soft' })
    const store = createFlakyStore(credential)
    const theirs = await openSession({ store: createMemoryStore(credential) }).refresh()
    await clock.advance(untilExpiredMs)
    const fetch = async (input: string | URL | Request, init?: RequestInit) => {
      const response = await emulator.fetch(input, init)
      store.current = { ...theirs, expiresAtMs: clock.now() + 3_600_000 }
      return response
    }
    const session = openSession({ store, fetch })
    expect((await session.accessToken()).equals(theirs.accessToken)).toBe(true)
    expect(emulator.counters.refresh).toMatchObject({ reused: 1 })
    expect(await session.status()).not.toHaveProperty('reason')
  })

  it('of another account is an error, and costs nobody a request', async () => {
    const { session, emulator, store, clock } = await signedIn()
    await session.accessToken()
    const other = await credentialFrom(emulator, { ...emulator.accounts[0]!, accountId: 'other', userId: 'other' })
    await store.update(async () => ({ write: other, result: undefined }))
    await clock.advance(untilExpiredMs)
    emulator.clearLog()
    expect(await caughtCode(session.accessToken())).toBe('ERR_TOKEN_ACCOUNT_MISMATCH')
    expect(await caughtCode(session.refresh())).toBe('ERR_TOKEN_ACCOUNT_MISMATCH')
    expect(emulator.log).toEqual([])
    expect(await store.read()).toBe(other)
  })

  it('of another person in the same workspace is an error as well', async () => {
    const { session, emulator, store } = await signedIn()
    await session.accessToken()
    const other = await credentialFrom(emulator, { ...emulator.accounts[0]!, userId: 'colleague' })
    await store.update(async () => ({ write: other, result: undefined }))
    expect(await caughtCode(session.refresh())).toBe('ERR_TOKEN_ACCOUNT_MISMATCH')
  })
})

it('sends no refresh token to an issuer without https, however the provider was made', async () => {
  const { openSession, provider, credential, emulator } = await signedIn()
  const { provenance: _, ...stored } = credential
  const insecure = { ...provider, issuer: 'http://auth.example' }
  const session = openSession({ provider: insecure, store: createMemoryStore(stored) })
  expect(await caughtCode(session.refresh())).toBe('ERR_CONFIG_URL')
  expect(emulator.log).toEqual([])
})

it('learns who the person is from a refresh, when the stored ID token did not say', async () => {
  const { emulator, credential, openSession } = await signedIn()
  const nameless = { ...credential, identity: { isFedramp: false } }
  const session = openSession({ store: createMemoryStore(nameless) })
  await session.refresh()
  expect(await session.status()).toMatchObject({ email: emulator.accounts[0]?.email })
  expect((await session.credential()).identity.userId).toBe(emulator.accounts[0]?.userId)
})

it('keeps the old refresh token and ID token when the server omits new ones', async () => {
  const { emulator, credential, session, store } = await signedIn()
  const fresh = accessToken(emulator.clock.now() + 7_200_000)
  emulator.faults.add({ endpoint: 'token', body: { access_token: fresh } })
  await session.refresh()
  const stored = (await store.read()) as ChatgptCredential
  expect(stored.accessToken.reveal()).toBe(fresh)
  expect(stored.refreshToken?.equals(credential.refreshToken)).toBe(true)
  expect(stored.idToken.equals(credential.idToken)).toBe(true)
})

describe('a caller who stops waiting', () => {
  it('is let go at once, while the refresh goes on for the others', async () => {
    const { session, emulator, store, credential, clock } = await signedIn()
    await clock.advance(untilExpiredMs)
    emulator.faults.add({ endpoint: 'token', delayMs: 5000 })
    const controller = new AbortController()
    const leaving = caught(session.accessToken({ signal: controller.signal }))
    const staying = session.accessToken()
    await vi.waitUntil(() => clock.sleeping > 0, { interval: 1 })
    controller.abort()
    expect(await leaving).toBe(controller.signal.reason)
    await clock.advance(5000)
    const token = await staying
    expect(token.equals(credential.accessToken)).toBe(false)
    expect(((await store.read()) as ChatgptCredential).accessToken.equals(token)).toBe(true)
    expect(emulator.counters.requests.token).toBe(1)
  })

  it('leaves a refresh on the wire that the next caller joins', async () => {
    const { session, emulator, store, credential, clock } = await signedIn()
    emulator.faults.add({ endpoint: 'token', delayMs: 5000 })
    const controller = new AbortController()
    const leaving = caught(session.refresh({ signal: controller.signal }))
    await vi.waitUntil(() => clock.sleeping > 0, { interval: 1 })
    controller.abort()
    await leaving
    const joining = session.refresh()
    await clock.advance(5000)
    await joining
    expect(((await store.read()) as ChatgptCredential).accessToken.equals(credential.accessToken)).toBe(false)
    expect(emulator.counters.requests.token).toBe(1)
  })

  it('before it began, begins nothing', async () => {
    const { session, emulator, clock } = await signedIn()
    await clock.advance(untilExpiredMs)
    const signal = AbortSignal.abort()
    for (const work of [session.accessToken({ signal }), session.credential({ signal }), session.refresh({ signal })])
      expect(await caught(work)).toBe(signal.reason)
    await clock.advance(1000)
    expect(emulator.log).toEqual([])
  })

  it('leaves no rejection unhandled when what it waited for fails', async () => {
    const { openSession, clock } = await signedIn()
    const controller = new AbortController()
    const leaving = caught(openSession({ store: createMemoryStore() }).refresh({ signal: controller.signal }))
    controller.abort()
    expect(await leaving).toBe(controller.signal.reason)
    await clock.advance(1)
  })
})

describe('what cannot be refreshed', () => {
  it('is nobody', async () => {
    const { openSession } = await signedIn()
    expect(await caughtCode(openSession({ store: createMemoryStore() }).accessToken())).toBe('ERR_SIGN_IN_REQUIRED')
  })

  it('is another tool’s credential', async () => {
    const { openSession } = await signedIn()
    const store = createMemoryStore({ mode: 'apikey' })
    expect(await caughtCode(openSession({ store }).accessToken())).toBe('ERR_TOKEN_UNSUPPORTED_MODE')
    expect(await caughtCode(openSession({ store }).refresh())).toBe('ERR_TOKEN_UNSUPPORTED_MODE')
  })

  it('is a sign-in without a refresh token, which works until its end', async () => {
    const { credential, openSession, clock, emulator } = await signedIn()
    const { refreshToken: _, ...unrefreshable } = credential
    const session = openSession({ store: createMemoryStore(unrefreshable) })
    await clock.advance(untilDueMs)
    expect((await session.accessToken()).equals(credential.accessToken)).toBe(true)
    await clock.advance(untilExpiredMs - untilDueMs)
    expect(await caughtCode(session.accessToken())).toBe('ERR_TOKEN_NOT_REFRESHABLE')
    expect(emulator.log).toEqual([])
  })
})
