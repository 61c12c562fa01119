import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/core/index.js'
import {
  bearerTokens,
  chatgptTokens,
  fromFunction,
  fromSession,
  requireChatgptMetadata,
  toExternalTokens,
  type ExternalRefreshContext,
} from '../../src/core/external.js'
import { caughtCode } from '../support/caught.js'
import { signedIn, untilDueMs, untilExpiredMs } from '../support/signed-in.js'

const token = new Secret('token-of-somebody-else')

describe('external tokens', () => {
  it('are a bearer alone, or one of a ChatGPT account', () => {
    expect(bearerTokens(token)).toEqual({ accessToken: token })
    expect(chatgptTokens(token, { accountId: 'account-1' })).toEqual({
      accessToken: token,
      chatgpt: { accountId: 'account-1' },
    })
  })

  it.each(['', 'two\nlines', 'with space', 'ümlaut'])('are refused when %j cannot stand in a header', async (text) => {
    expect(await caughtCode(() => bearerTokens(new Secret(text)))).toBe('ERR_TOKEN_SOURCE_FAILED')
    expect(await caughtCode(() => chatgptTokens(token, { accountId: text }))).toBe('ERR_TOKEN_SOURCE_FAILED')
  })

  it('tell their account where one is needed, and are refused there when they have none', async () => {
    const metadata = { accountId: 'account-1', planType: 'plus' }
    expect(requireChatgptMetadata(chatgptTokens(token, metadata))).toEqual(metadata)
    expect(await caughtCode(() => requireChatgptMetadata(bearerTokens(token)))).toBe('ERR_TOKEN_NO_ACCOUNT')
  })

  it('print without the token', () => {
    expect(JSON.stringify(chatgptTokens(token, { accountId: 'account-1' }))).not.toContain(token.reveal())
  })
})

describe('a credential handed to another program', () => {
  it('is its access token and its account, and no refresh token', async () => {
    const { credential } = await signedIn()
    expect(toExternalTokens(credential)).toEqual({
      accessToken: credential.accessToken,
      chatgpt: { accountId: credential.accountId, planType: 'plus' },
    })
  })

  it('is a plain bearer when its account is not known', async () => {
    const { credential } = await signedIn()
    const { accountId: _, ...rest } = credential
    expect(toExternalTokens(rest)).toEqual({ accessToken: credential.accessToken })
  })
})

describe('a function as a source', () => {
  it('is called before a request, and after a 401 with the reason', async () => {
    const calls: (ExternalRefreshContext | undefined)[] = []
    const source = fromFunction(async (context) => {
      calls.push(context)
      return bearerTokens(token)
    })
    await source.resolve?.()
    await source.refresh({ reason: 'unauthorized', previousAccountId: 'account-1' })
    expect(calls).toEqual([undefined, { reason: 'unauthorized', previousAccountId: 'account-1' }])
  })
})

describe('a session as a source', () => {
  it('gives out what the session holds, kept alive', async () => {
    const { session, credential, clock, emulator } = await signedIn()
    const source = fromSession(session)
    expect((await source.resolve?.())?.accessToken.equals(credential.accessToken)).toBe(true)
    await clock.advance(untilExpiredMs)
    expect((await source.resolve?.())?.accessToken.equals(credential.accessToken)).toBe(false)
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('refreshes when the token it holds was refused', async () => {
    const { session, credential, emulator } = await signedIn()
    const renewed = await fromSession(session).refresh({ reason: 'unauthorized', rejected: credential.accessToken })
    expect(renewed.accessToken.equals(credential.accessToken)).toBe(false)
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('spends nothing when it holds a newer token than the refused one', async () => {
    const { session, credential, emulator } = await signedIn()
    const source = fromSession(session)
    const held = await session.refresh()
    const renewed = await source.refresh({ reason: 'unauthorized', rejected: credential.accessToken })
    expect(renewed.accessToken.equals(held.accessToken)).toBe(true)
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('spends nothing when another process has renewed the token a moment ago, after the last look at the store', async () => {
    const { session, credential, emulator, openSession } = await signedIn()
    await session.credential()
    const renewed = await openSession().refresh()
    const given = await fromSession(session).refresh({ reason: 'unauthorized', rejected: credential.accessToken })
    expect(given.accessToken.equals(renewed.accessToken)).toBe(true)
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('renews what another process has stored when that is due itself', async () => {
    const { session, credential, emulator, clock, openSession } = await signedIn()
    await openSession().refresh()
    await clock.advance(untilExpiredMs)
    await fromSession(session).refresh({ reason: 'unauthorized', rejected: credential.accessToken })
    expect(emulator.counters.refresh.ok).toBe(2)
  })

  it('gives what another process has stored while that is good, when a refresh of it fails', async () => {
    const { session, credential, emulator, clock, openSession } = await signedIn()
    const renewed = await openSession().refresh()
    await clock.advance(untilDueMs)
    emulator.faults.add({ endpoint: 'token', status: 503 })
    const source = fromSession(session)
    const given = await source.refresh({ reason: 'unauthorized', rejected: credential.accessToken })
    expect(given.accessToken.equals(renewed.accessToken)).toBe(true)
    const again = source.refresh({ reason: 'unauthorized', rejected: renewed.accessToken })
    expect(await caughtCode(again)).toBe('ERR_TOKEN_REFRESH_UNAVAILABLE')
  })
})
