import { describe, expect, it } from 'vitest'
import { AuthError, Secret } from '../../src/core/index.js'
import {
  bearerTokens,
  chatgptTokens,
  createExternalSession,
  type ExternalAuth,
  type ExternalSessionOptions,
} from '../../src/core/external.js'
import { readUsage } from '../../src/backend/index.js'
import { createEmulator, createFakeClock } from '../../src/testing/index.js'
import { caught, caughtAuthError, caughtCode } from '../support/caught.js'
import { createEmulatedSource, toTokens } from '../support/external-source.js'
import { accessToken } from '../support/jwt.js'
import { providerOf, untilExpiredMs } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'

/** A session over a source at the emulator, with every request on its way there. */
async function external(auth?: ExternalAuth) {
  const clock = createFakeClock()
  const emulator = createEmulator({ clock, signingKey })
  const source = await createEmulatedSource(emulator)
  const requests: Request[] = []
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    requests.push(new Request(input, init))
    return emulator.fetch(input, init)
  }
  const open = (more: Partial<ExternalSessionOptions> = {}) =>
    createExternalSession({ auth: auth ?? source, provider: providerOf(emulator), fetch, clock, ...more })
  const usage = `${emulator.backendUrl}/wham/usage`
  return { clock, emulator, source, requests, usage, open, session: open() }
}

const never = () => {
  throw new Error('This was not to be called.')
}

describe('a session over an external source', () => {
  it('asks nobody when it is made', () => {
    expect(() => createExternalSession({ auth: { resolve: never, refresh: never }, fetch: never })).not.toThrow()
  })

  it('knows nothing of a source that can only refresh until it was needed', async () => {
    const session = createExternalSession({ auth: { refresh: never } })
    expect(await session.status()).toEqual({ state: 'absent', signedIn: false })
  })

  it('asks the source before each request, and signs with the token and the account it names', async () => {
    const { session, source, requests, usage } = await external()
    expect((await session.fetch(usage)).status).toBe(200)
    expect((await session.fetch(usage)).status).toBe(200)
    expect(source).toMatchObject({ resolved: 2, refreshes: [] })
    expect(Object.fromEntries(requests[0]?.headers ?? [])).toMatchObject({
      authorization: `Bearer ${source.offered?.accessToken.reveal()}`,
      'chatgpt-account-id': 'account-emulated-1',
      originator: 'planpass',
    })
  })

  it('sends no account with a plain bearer', async () => {
    const { source, open, requests, usage } = await external()
    const token = source.offered?.accessToken
    if (token) source.offered = bearerTokens(token)
    await open().fetch(usage)
    expect(requests[0]?.headers.get('authorization')).toBe(`Bearer ${token?.reveal()}`)
    expect(requests[0]?.headers.has('chatgpt-account-id')).toBe(false)
  })

  it('tells what it was given, the mode included', async () => {
    const { session, source, clock } = await external()
    const valid = { state: 'valid', signedIn: true, mode: 'chatgptAuthTokens', accountId: 'account-emulated-1' }
    expect(await session.status()).toMatchObject({ ...valid, planType: 'plus', expiresAtMs: clock.now() + 3_600_000 })
    await clock.advance(untilExpiredMs)
    expect(await session.status()).toMatchObject({ state: 'refreshable' })
    expect(source.refreshes).toEqual([])
  })

  it('says that a bearer is one', async () => {
    const session = createExternalSession({ auth: { refresh: async () => bearerTokens(new Secret('opaque')) } })
    await session.tokens()
    expect(await session.status()).toEqual({ state: 'valid', signedIn: true, mode: 'bearer' })
  })

  it('serves whoever reads from the backend', async () => {
    const { session } = await external()
    expect(await readUsage(session)).toMatchObject({ source: 'network', planType: 'plus' })
  })

  it('refuses another address than the backend', async () => {
    const { session, source, requests } = await external()
    expect(await caughtCode(session.fetch('https://elsewhere.test/'))).toBe('ERR_TOKEN_WRONG_ORIGIN')
    expect(source.resolved + requests.length).toBe(0)
  })
})

describe('a 401', () => {
  it('makes the session ask for another token once, and send the request again', async () => {
    const { session, source, emulator, requests, usage } = await external()
    const refused = source.offered?.accessToken
    emulator.expireAccessTokens()
    expect((await session.fetch(usage)).status).toBe(200)
    expect(requests).toHaveLength(2)
    expect(source.refreshes).toEqual([
      { reason: 'unauthorized', previousAccountId: 'account-emulated-1', rejected: refused },
    ])
  })

  it('is final when the other token is refused too', async () => {
    const { session, source, emulator, requests, usage } = await external()
    source.renewed = source.offered
    emulator.expireAccessTokens()
    expect((await session.fetch(usage)).status).toBe(401)
    expect(requests).toHaveLength(2)
    expect(source.refreshes).toHaveLength(1)
  })

  it('of twenty requests at once makes it ask once', async () => {
    const { session, source, emulator, usage } = await external()
    emulator.expireAccessTokens()
    const answers = await Promise.all(Array.from({ length: 20 }, () => session.fetch(usage)))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
    expect(source.refreshes).toHaveLength(1)
  })

  it('of a read is final: reading never refreshes', async () => {
    const { session, source, emulator, usage } = await external()
    emulator.expireAccessTokens()
    expect((await session.readOnlyFetch(usage)).status).toBe(401)
    expect(source.refreshes).toEqual([])
  })

  it('does not turn one account into another', async () => {
    const { session, source, emulator, requests, usage } = await external()
    source.renewed = chatgptTokens(new Secret('opaque'), { accountId: 'account-other' })
    await session.tokens()
    emulator.expireAccessTokens()
    expect(await caughtCode(session.fetch(usage))).toBe('ERR_TOKEN_ACCOUNT_MISMATCH')
    expect(requests).toHaveLength(1)
  })

  it('does not turn an account into none', async () => {
    const { session, source, emulator, usage } = await external()
    source.renewed = bearerTokens(new Secret('opaque'))
    emulator.expireAccessTokens()
    expect(await caughtCode(session.fetch(usage))).toBe('ERR_TOKEN_NO_ACCOUNT')
  })
})

describe('a source', () => {
  it('is held to its account in what it offers, too', async () => {
    const { session, source } = await external()
    await session.tokens()
    source.offered = chatgptTokens(new Secret('opaque'), { accountId: 'account-other' })
    expect(await caughtCode(session.tokens())).toBe('ERR_TOKEN_ACCOUNT_MISMATCH')
  })

  it('that can only refresh is asked for a first token, and then kept to it', async () => {
    const emulator = createEmulator({ signingKey })
    let asked = 0
    const refresh = async () => {
      asked += 1
      return toTokens(await emulator.issueTokens())
    }
    const session = createExternalSession({ auth: { refresh } })
    const first = await session.accessToken()
    expect((await session.accessToken()).equals(first)).toBe(true)
    expect(asked).toBe(1)
  })

  it('that has nothing to offer is not asked further by a read', async () => {
    const { open, usage } = await external()
    const session = open({ auth: { resolve: async () => undefined, refresh: never } })
    expect(await caughtCode(session.readOnlyFetch(usage))).toBe('ERR_SIGN_IN_REQUIRED')
  })

  it('that offers an ended token is told so by a read, which sends nothing', async () => {
    const { open, requests, usage, clock } = await external()
    const ended = bearerTokens(new Secret(accessToken(clock.now() - 1000)))
    const session = open({ auth: { resolve: async () => ended, refresh: never } })
    expect(await caughtCode(session.readOnlyFetch(usage))).toBe('ERR_TOKEN_EXPIRED')
    expect(requests).toEqual([])
  })

  it('whose answer comes late does not bring back the token that was refused meanwhile', async () => {
    const { source, open, emulator, usage } = await external()
    const late: ((value: typeof source.offered) => void)[] = []
    const resolve = () => new Promise<typeof source.offered>((settle) => late.push(settle))
    const session = open({ auth: { resolve, refresh: source.refresh } })
    const [first, second] = [session.fetch(usage), session.tokens()]
    const refused = source.offered
    emulator.expireAccessTokens()
    late[0]?.(refused)
    await first
    late[1]?.(refused)
    expect((await second).accessToken.equals(refused?.accessToken)).toBe(false)
  })

  it('that fails sends no request without a token, and may be tried again', async () => {
    const { open, requests, usage } = await external()
    const resolve = async () => {
      throw new Error('no vpn for eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl')
    }
    const error = await caughtAuthError(open({ auth: { resolve, refresh: never } }).fetch(usage))
    expect(error).toMatchObject({ code: 'ERR_TOKEN_SOURCE_FAILED', retryable: true })
    expect(error.message).toContain('no vpn for [redacted]')
    expect(requests).toEqual([])
  })

  it('keeps the name of its own failure', async () => {
    const failure = new AuthError('ERR_SIGN_IN_REQUIRED', 'Nobody is signed in there.')
    const resolve = async () => {
      throw failure
    }
    const session = createExternalSession({ auth: { resolve, refresh: never } })
    expect(await caught(session.accessToken())).toBe(failure)
  })

  it('that hangs can be waited for no longer', async () => {
    const session = createExternalSession({ auth: { resolve: () => new Promise(() => {}), refresh: never } })
    const reason = new Error('enough')
    const controller = new AbortController()
    const waiting = session.accessToken({ signal: controller.signal })
    controller.abort(reason)
    expect(await caught(waiting)).toBe(reason)
  })
})
