import { describe, expect, it, vi } from 'vitest'
import { createMemoryStore, revokeCredential, type SessionEvent } from '../../src/core/index.js'
import type { Fault } from '../../src/testing/index.js'
import { caughtCode } from '../support/caught.js'
import { signedIn } from '../support/signed-in.js'

const refusals: readonly [string, Omit<Fault, 'endpoint'>, string][] = [
  ['answers 500', { status: 500 }, 'ERR_UPSTREAM_UNAVAILABLE'],
  ['answers with a page', { status: 403, html: '<html></html>' }, 'ERR_UPSTREAM_EDGE_BLOCKED'],
  ['drops the connection', { drop: 'before' }, 'ERR_NETWORK_UNREACHABLE'],
]

describe('forgetting a sign-in', () => {
  it('removes it here and asks nobody', async () => {
    const { session, emulator, store } = await signedIn()
    expect(await session.forget()).toEqual({ removed: true })
    expect(await store.read()).toBeUndefined()
    expect(emulator.log).toEqual([])
    expect(emulator.sessions.map(({ state }) => state)).toEqual(['live'])
  })

  it('tells whoever listens, and the session needs a new sign-in', async () => {
    const { session } = await signedIn()
    const events: SessionEvent[] = []
    session.subscribe((event) => events.push(event))
    await session.accessToken()
    await session.forget()
    expect(events).toEqual([{ type: 'signed-out' }])
    expect(await caughtCode(session.accessToken())).toBe('ERR_SIGN_IN_REQUIRED')
  })

  it('has nothing to do when nobody is signed in', async () => {
    const { openSession } = await signedIn()
    expect(await openSession({ store: createMemoryStore() }).forget()).toEqual({ removed: false })
  })
})

describe('revoking a sign-in', () => {
  it('ends it at the issuer, and then forgets it here', async () => {
    const { session, emulator, store } = await signedIn()
    expect(await session.revoke()).toEqual({ removed: true, revocation: 'revoked' })
    expect(emulator.sessions.map(({ state }) => state)).toEqual(['revoked'])
    expect(await store.read()).toBeUndefined()
  })

  it.each(refusals)('keeps it to be tried again when the issuer %s', async (_, fault, code) => {
    const { session, emulator, store, credential } = await signedIn()
    emulator.faults.add({ endpoint: 'revoke', times: 1, ...fault })
    expect(await session.revoke()).toMatchObject({ removed: false, revocation: 'failed', failure: { code } })
    expect(await store.read()).toEqual(credential)
    expect(await session.revoke()).toEqual({ removed: true, revocation: 'revoked' })
  })

  it('goes on with the account it held when the issuer did not revoke', async () => {
    const { session, emulator } = await signedIn()
    const listener = vi.fn<(event: SessionEvent) => void>()
    session.subscribe(listener)
    const token = await session.accessToken()
    emulator.faults.add({ endpoint: 'revoke', status: 500 })
    await session.revoke()
    expect((await session.accessToken()).equals(token)).toBe(true)
    expect(listener).not.toHaveBeenCalled()
  })

  it('has nothing to do when nobody is signed in', async () => {
    const { openSession, emulator } = await signedIn()
    const session = openSession({ store: createMemoryStore() })
    expect(await session.revoke()).toEqual({ removed: false, revocation: 'not-needed' })
    expect(emulator.log).toEqual([])
  })
})

it.each(['forget', 'revoke'] as const)('%s does not touch another tool’s credential', async (verb) => {
  const { openSession, emulator } = await signedIn()
  const store = createMemoryStore({ mode: 'apikey' })
  expect(await caughtCode(openSession({ store })[verb]())).toBe('ERR_TOKEN_UNSUPPORTED_MODE')
  expect(await store.read()).toEqual({ mode: 'apikey' })
  expect(emulator.log).toEqual([])
})

it('revokes a credential that is stored nowhere', async () => {
  const { emulator, provider, credential, session } = await signedIn()
  const options = { provider, fetch: emulator.fetch, identity: session.identity }
  expect(await revokeCredential(credential, options)).toEqual({ revocation: 'revoked' })
  expect(emulator.sessions.map(({ state }) => state)).toEqual(['revoked'])
})
