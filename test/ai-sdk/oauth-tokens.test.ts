import { describe, expect, it } from 'vitest'
import { parseTokens, toTokens } from '../../src/ai-sdk/oauth-tokens.js'
import { codexProvider } from '../../src/core/index.js'
import { caughtCode } from '../support/caught.js'
import { accessToken, ada, idToken, jwt } from '../support/jwt.js'

const provenance = { issuer: codexProvider.issuer, clientId: codexProvider.clientId }
const endMs = Date.UTC(2026, 0, 2)

describe('the tokens of a host', () => {
  it('come back as they went in', () => {
    const tokens = {
      accessToken: accessToken(endMs),
      refreshToken: 'rt_1',
      idToken: idToken(),
      accountId: ada.accountId,
      expiresAt: endMs,
    }
    expect(toTokens(parseTokens(tokens, provenance))).toEqual(tokens)
  })

  it('leave out what they do not know', () => {
    const tokens = toTokens(parseTokens({ accessToken: 'opaque', accountId: 'account-1' }, provenance))
    expect(tokens).toEqual({ accessToken: 'opaque', accountId: 'account-1' })
  })

  it('belong to the account that the host names, before the one that the tokens name', () => {
    const named = { accessToken: accessToken(endMs), idToken: idToken(), accountId: 'another-workspace' }
    expect(parseTokens(named, provenance)).toMatchObject({ accountId: 'another-workspace' })
  })

  it.each([
    ['ID token', { accessToken: 'opaque', idToken: idToken() }],
    ['access token', { accessToken: idToken() }],
  ])('belong to the account of the %s when the host names none', (_, tokens) => {
    expect(parseTokens(tokens, provenance)).toMatchObject({ accountId: ada.accountId })
  })

  it('end when the access token says so, and when the host says so only for an opaque one', () => {
    const hostMs = endMs + 1000
    const own = parseTokens({ accessToken: accessToken(endMs), accountId: 'a', expiresAt: hostMs }, provenance)
    const told = parseTokens({ accessToken: 'opaque', accountId: 'a', expiresAt: hostMs }, provenance)
    const unknown = parseTokens({ accessToken: 'opaque', accountId: 'a', expiresAt: 0 }, provenance)
    expect([own.expiresAtMs, told.expiresAtMs, unknown.expiresAtMs]).toEqual([endMs, hostMs, undefined])
  })

  it('tell since when the access token is good, so that a short one is not refreshed without end', () => {
    const token = jwt({ exp: endMs / 1000, iat: endMs / 1000 - 120 })
    expect(parseTokens({ accessToken: token, accountId: 'a' }, provenance).issuedAtMs).toBe(endMs - 120_000)
  })

  it.each([[{}], [{ accessToken: '' }], [{ accessToken: 7 }], ['a text'], [[]]])(
    'are refused as %j',
    async (tokens) => {
      expect(await caughtCode(() => parseTokens(tokens, provenance))).toBe('ERR_STORE_CORRUPT')
    },
  )

  it('are refused when nothing says which account they are for', async () => {
    expect(await caughtCode(() => parseTokens({ accessToken: 'opaque' }, provenance))).toBe('ERR_TOKEN_NO_ACCOUNT')
  })
})
