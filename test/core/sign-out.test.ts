import { afterEach, describe, expect, it, vi } from 'vitest'
import { createMemoryStore } from '../../src/core/index.js'
import type { Fault } from '../../src/testing/index.js'
import { authText } from '../support/auth-document.js'
import { caughtCode } from '../support/caught.js'
import { parseChatgpt, signedIn } from '../support/signed-in.js'

afterEach(() => vi.restoreAllMocks())

describe('a sign-out', () => {
  it('revokes the session at the issuer and forgets it here', async () => {
    const { session, emulator, store } = await signedIn()
    expect(await session.signOut()).toEqual({ removed: true, revocation: 'revoked' })
    expect(await store.read()).toBeUndefined()
    expect(emulator.sessions.map(({ state }) => state)).toEqual(['revoked'])
    expect(emulator.log).toMatchObject([{ endpoint: 'revoke', body: { token_type_hint: 'refresh_token' } }])
    expect(await caughtCode(session.accessToken())).toBe('ERR_SIGN_IN_REQUIRED')
    expect(await caughtCode(session.fetch(`${emulator.backendUrl}/wham/usage`))).toBe('ERR_SIGN_IN_REQUIRED')
  })

  it('revokes the access token when there is no refresh token', async () => {
    const { openSession, emulator, credential } = await signedIn()
    const { refreshToken: _, ...rest } = credential
    await openSession({ store: createMemoryStore(rest) }).signOut()
    expect(emulator.log).toMatchObject([{ body: { token_type_hint: 'access_token' } }])
  })

  it('goes to the issuer of the tokens, where Codex goes to its own', async () => {
    const { openSession, emulator } = await signedIn()
    const store = createMemoryStore(parseChatgpt(authText()))
    await openSession({ store }).signOut()
    expect(emulator.log).toMatchObject([{ origin: 'https://auth.emulator.test', body: { client_id: 'app_test' } }])
  })

  it.each<[string, Omit<Fault, 'endpoint'>, string]>([
    ['answers 500', { status: 500 }, 'ERR_UPSTREAM_UNAVAILABLE'],
    ['answers 401', { status: 401 }, 'ERR_UPSTREAM_UNAVAILABLE'],
    ['answers with a page', { status: 403, html: '<html></html>' }, 'ERR_UPSTREAM_EDGE_BLOCKED'],
    ['redirects', { status: 302, headers: { location: 'https://elsewhere.test' } }, 'ERR_UPSTREAM_UNAVAILABLE'],
    ['drops the connection', { drop: 'before' }, 'ERR_NETWORK_UNREACHABLE'],
    [
      'answers by half',
      { status: 500, body: { error: 'server_error' }, truncateAfterBytes: 4 },
      'ERR_NETWORK_UNREACHABLE',
    ],
  ])('forgets here, and says what was not done, when the issuer %s', async (_, fault, code) => {
    const { session, emulator, store } = await signedIn()
    emulator.faults.add({ endpoint: 'revoke', ...fault })
    expect(await session.signOut()).toMatchObject({ removed: true, revocation: 'failed', failure: { code } })
    expect(await store.read()).toBeUndefined()
  })

  it('waits ten seconds for the issuer, and no longer', async () => {
    const deadline = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(deadline.signal)
    const { session, emulator, store, clock } = await signedIn()
    emulator.faults.add({ endpoint: 'revoke', delayMs: 60_000 })
    const signedOut = session.signOut()
    await vi.waitUntil(() => clock.sleeping > 0, { interval: 1 })
    deadline.abort(new DOMException('The operation timed out.', 'TimeoutError'))
    expect(await signedOut).toMatchObject({ removed: true, failure: { code: 'ERR_NETWORK_TIMEOUT' } })
    expect(timeout).toHaveBeenCalledWith(10_000)
    expect(await store.read()).toBeUndefined()
  })

  it('has nothing to do when nobody is signed in', async () => {
    const { openSession, emulator } = await signedIn()
    const session = openSession({ store: createMemoryStore() })
    expect(await session.signOut()).toEqual({ removed: false, revocation: 'not-needed' })
    expect(emulator.log).toEqual([])
  })

  it('does not touch another tool’s credential', async () => {
    const { openSession, emulator } = await signedIn()
    const store = createMemoryStore({ mode: 'apikey' })
    expect(await caughtCode(openSession({ store }).signOut())).toBe('ERR_TOKEN_UNSUPPORTED_MODE')
    expect(await store.read()).toEqual({ mode: 'apikey' })
    expect(emulator.log).toEqual([])
  })

  it('keeps the credential, and says why, when it cannot be removed', async () => {
    const { openSession, store } = await signedIn()
    const readOnly: typeof store = {
      ...store,
      update: async (change) => {
        await store.update(async (current) => {
          await change(current, { announce: async () => {} })
          return { keep: true, result: undefined }
        })
        throw new Error('read-only')
      },
    }
    await expect(openSession({ store: readOnly }).signOut()).rejects.toThrow('read-only')
    expect(await store.read()).toMatchObject({ mode: 'chatgpt' })
  })
})
