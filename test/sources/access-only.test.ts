import { describe, expect, it } from 'vitest'
import { createExternalSession, type ExternalAuth } from '../../src/core/external.js'
import {
  createBroker,
  exportAccessOnly,
  fromAccessOnly,
  fromBroker,
  parseAccessDocument,
} from '../../src/sources/index.js'
import { caughtCode } from '../support/caught.js'
import { accessToken } from '../support/jwt.js'
import { signedIn, untilExpiredMs } from '../support/signed-in.js'

/** A reader of an export, somewhere else than the session that keeps the sign-in; and what leaves the reader's machine. */
async function exported({ withBroker = false } = {}) {
  const world = await signedIn()
  const sent: string[] = []
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    sent.push(new URL(new Request(input).url).pathname)
    return world.emulator.fetch(input, init)
  }
  const broker = createBroker(world.session)
  const askBroker = (input: string | URL | Request, init?: RequestInit) => broker(new Request(input, init))
  const document = { text: exportAccessOnly(world.credential) }
  const auth: ExternalAuth = fromAccessOnly({
    read: async () => document.text,
    clock: world.clock,
    ...(withBroker && {
      broker: fromBroker({ address: 'https://broker.test/token', fetch: askBroker, clock: world.clock }),
    }),
  })
  const reader = createExternalSession({ auth, provider: world.provider, fetch, clock: world.clock })
  const usage = `${world.emulator.backendUrl}/wham/usage`
  return { ...world, auth, document, reader, sent, usage }
}

describe('an access-only export', () => {
  it('holds no refresh token and no ID token', async () => {
    const { credential, document } = await exported()
    expect(document.text).not.toContain(credential.refreshToken?.reveal())
    expect(document.text).not.toContain(credential.idToken.reveal())
    expect(Object.keys(JSON.parse(document.text) as object)).toEqual([
      'accessToken',
      'accountId',
      'planType',
      'expiresAt',
    ])
  })

  it('is read back', async () => {
    const { credential, document } = await exported()
    const { tokens, expiresAtMs } = parseAccessDocument(document.text)
    expect(tokens.accessToken.equals(credential.accessToken)).toBe(true)
    expect(tokens.chatgpt).toEqual({ accountId: credential.accountId, planType: 'plus' })
    expect(expiresAtMs).toBe(credential.expiresAtMs)
  })

  it('ends when its token says so, if it does not say so itself', () => {
    const text = JSON.stringify({ accessToken: accessToken(5000) })
    expect(parseAccessDocument(text).expiresAtMs).toBe(5000)
    expect(parseAccessDocument('{"accessToken":"opaque"}')).not.toHaveProperty('expiresAtMs')
  })

  it('is not a whole sign-in', async () => {
    expect(await caughtCode(() => parseAccessDocument('{"tokens":{"access_token":"a"}}'))).toBe(
      'ERR_TOKEN_UNSUPPORTED_MODE',
    )
  })
})

describe('a reader of an export', () => {
  it('makes requests with it', async () => {
    const { reader, usage } = await exported()
    expect((await reader.fetch(usage)).status).toBe(200)
  })

  it('fails when it has ended, and asks no token endpoint', async () => {
    const { reader, usage, clock, sent, emulator } = await exported()
    await clock.advance(untilExpiredMs)
    expect(await caughtCode(reader.fetch(usage))).toBe('ERR_TOKEN_EXPIRED')
    expect(sent).toEqual([])
    expect(emulator.counters.requests.token).toBe(0)
  })

  it('fails when it is refused, and asks no token endpoint', async () => {
    const { reader, usage, sent, emulator } = await exported()
    emulator.expireAccessTokens()
    expect(await caughtCode(reader.fetch(usage))).toBe('ERR_TOKEN_NOT_REFRESHABLE')
    expect(await caughtCode(reader.fetch(usage))).toBe('ERR_TOKEN_NOT_REFRESHABLE')
    expect(sent).toEqual(['/backend-api/wham/usage'])
    expect(emulator.counters.requests.token).toBe(0)
  })

  it('goes on when somebody replaced it', async () => {
    const { reader, usage, session, document, emulator } = await exported()
    emulator.expireAccessTokens()
    document.text = exportAccessOnly(await session.refresh())
    expect((await reader.fetch(usage)).status).toBe(200)
  })

  it('takes the replacement after the first was refused', async () => {
    const { auth, session, document, credential } = await exported()
    document.text = exportAccessOnly(await session.refresh())
    const tokens = await auth.refresh({ reason: 'unauthorized', rejected: credential.accessToken })
    expect(document.text).toContain(tokens.accessToken.reveal())
  })

  it('asks its broker once it has ended', async () => {
    const { reader, usage, clock, sent, emulator } = await exported({ withBroker: true })
    await clock.advance(untilExpiredMs)
    expect((await reader.fetch(usage)).status).toBe(200)
    expect(sent).toEqual(['/backend-api/wham/usage'])
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('asks its broker once it is refused, and does not offer it again', async () => {
    const { reader, usage, sent, emulator } = await exported({ withBroker: true })
    emulator.expireAccessTokens()
    expect((await reader.fetch(usage)).status).toBe(200)
    expect((await reader.fetch(usage)).status).toBe(200)
    expect(sent).toHaveLength(3)
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('is not misled by what is no export', async () => {
    const auth = fromAccessOnly({ read: async () => 'not json' })
    expect(await caughtCode(auth.resolve())).toBe('ERR_TOKEN_SOURCE_FAILED')
  })
})
