import { describe, expect, it } from 'vitest'
import { parseAuthFile, serializeAuthFile } from '../../src/core/index.js'
import { authDocument, authText, startMs, withTokens } from '../support/auth-document.js'
import { caughtAuthError } from '../support/caught.js'
import { ada, idToken, jwt } from '../support/jwt.js'
import { parseChatgpt } from '../support/signed-in.js'

const { tokens, ...withoutTokens } = authDocument()
const provenance = { issuer: 'https://auth.emulator.test/', client_id: 'app_test' }
const without = (member: string) => withTokens({ [member]: undefined })

/** real-codex 12: what the released binary makes of a file, row by row. */
describe('a file that Codex accepts', () => {
  it.each([
    ['the full file', authDocument()],
    ['the smallest file', { tokens: { ...tokens, oauth_provenance: undefined, login_owner_id: undefined } }],
    ['no `last_refresh`', { ...authDocument(), last_refresh: undefined }],
    ['a `last_refresh` of null', { ...authDocument(), last_refresh: null }],
    ['a `last_refresh` with an offset', { ...authDocument(), last_refresh: '2025-12-31T23:32:08.5+02:00' }],
    ['no `account_id`', without('account_id')],
    ['an `account_id` of null', withTokens({ account_id: null })],
    ['an ID token with hand-made claims', withTokens({ id_token: jwt({ email: 'x@y.test' }) })],
    ['an ID token that expired a year ago', withTokens({ id_token: jwt({ exp: 1 }) })],
    ['the access token in place of the ID token', withTokens({ id_token: tokens['access_token'] })],
    ['an opaque access token', withTokens({ access_token: 'opaque' })],
    ['an empty refresh token', withTokens({ refresh_token: '' })],
    ['an API key beside the tokens, with `auth_mode`', { ...authDocument(), OPENAI_API_KEY: 'sk-1' }],
    ['an empty API key beside the tokens, with `auth_mode`', { ...authDocument(), OPENAI_API_KEY: '' }],
    ['the mode `chatgptAuthTokens`', { ...authDocument(), auth_mode: 'chatgptAuthTokens' }],
    ['no `auth_mode`', { ...authDocument(), auth_mode: undefined }],
    ['unknown members', { ...withTokens({ extra: [1] }), extra: { deep: true } }],
    ['an unknown member in the provenance', withTokens({ oauth_provenance: { ...provenance, extra: 1 } })],
  ])('is accepted: %s', (_, document) => {
    expect(parseAuthFile(authText(document))).toMatchObject({ mode: 'chatgpt' })
  })

  it('is accepted in one line, and in any order', () => {
    const reversed = Object.fromEntries(Object.entries(authDocument()).toReversed())
    expect(parseAuthFile(JSON.stringify(reversed))).toMatchObject({ mode: 'chatgpt', accountId: ada.accountId })
  })

  it.each([
    ['`tokens` is null', { ...withoutTokens, tokens: null }],
    ['`tokens` is missing', withoutTokens],
    ['it is an empty object', {}],
  ])('holds nobody when %s', (_, document) => {
    expect(parseAuthFile(authText(document))).toBeUndefined()
  })
})

describe('a file that Codex refuses', () => {
  it.each([
    ['an empty ID token', withTokens({ id_token: '' }), '`tokens.id_token`'],
    ['an ID token "a.b.c"', withTokens({ id_token: 'a.b.c' }), '`tokens.id_token`'],
    ['an ID token without a signature', withTokens({ id_token: idToken().replace(/[^.]+$/, '') }), '`tokens.id_token`'],
    ['no ID token', without('id_token'), '`tokens.id_token`'],
    ['no refresh token', without('refresh_token'), '`tokens.refresh_token`'],
    ['a refresh token of null', withTokens({ refresh_token: null }), '`tokens.refresh_token`'],
    ['no access token', without('access_token'), '`tokens.access_token`'],
    ['a mode in another case', { ...authDocument(), auth_mode: 'ChatGPT' }, '`auth_mode`'],
    ['the mode "apiKey"', { ...authDocument(), auth_mode: 'apiKey' }, '`auth_mode`'],
    ['a mode of the object prototype', { ...authDocument(), auth_mode: 'constructor' }, '`auth_mode`'],
    ['a mode that is a number', { ...authDocument(), auth_mode: 1 }, '`auth_mode`'],
    ['a `last_refresh` that is a number', { ...authDocument(), last_refresh: 1_767_000_000 }, '`last_refresh`'],
    ['a `last_refresh` that is a word', { ...authDocument(), last_refresh: 'yesterday' }, '`last_refresh`'],
    ['a `last_refresh` without an offset', { ...authDocument(), last_refresh: '2026-01-01T00:00:00' }, 'last_refresh'],
    ['a `last_refresh` that is a date', { ...authDocument(), last_refresh: '2026-01-01' }, '`last_refresh`'],
    ['a provenance without a client', withTokens({ oauth_provenance: { issuer: 'https://a.test' } }), 'provenance'],
    ['a provenance that is text', withTokens({ oauth_provenance: 'https://a.test' }), 'provenance'],
    ['a login owner that is a number', withTokens({ login_owner_id: 7 }), '`login_owner_id`'],
    ['an account id that is a number', withTokens({ account_id: 7 }), '`account_id`'],
    ['tokens that are a list', { ...authDocument(), tokens: [] }, '`tokens`'],
  ])('is reported: %s', async (_, document, member) => {
    const error = await caughtAuthError(() => parseAuthFile(authText(document)))
    expect(error.code).toBe('ERR_STORE_CORRUPT')
    expect(error.message).toContain(member)
  })

  it.each([
    ['nothing', ''],
    ['a byte order mark', `\uFEFF${authText()}`],
    ['a trailing comma', authText().replace(/\n\}$/, ',\n}')],
    ['a list', '[]'],
    ['null', 'null'],
    ['text', '"auth"'],
    ['a page', '<html></html>'],
  ])('is reported: %s', async (_, text) => {
    expect((await caughtAuthError(() => parseAuthFile(text))).code).toBe('ERR_STORE_CORRUPT')
  })
})

/** Law 9 of the session: a refresh token goes to its issuer over https, so an issuer that cannot be reached so is damage. */
it.each(['http://auth.example.com', 'nonsense', '', 'https://user:pass@auth.example.com', 'file:///etc/passwd'])(
  'refuses a file whose issuer is %j, which Codex would send the token to',
  async (issuer) => {
    const text = authText(withTokens({ oauth_provenance: { issuer, client_id: 'app' } }))
    const error = await caughtAuthError(() => parseAuthFile(text))
    expect(error.code).toBe('ERR_STORE_CORRUPT')
    expect(error.message).toContain('`tokens.oauth_provenance.issuer`')
  },
)

it('reads the last one of a member that is there twice, where Codex gives up', () => {
  const text = authText().replace('"auth_mode"', '"auth_mode": "apikey",\n  "auth_mode"')
  expect(parseAuthFile(text)).toMatchObject({ mode: 'chatgpt' })
})

describe('the mode of a file without `auth_mode`', () => {
  it.each([
    ['personalAccessToken', { personal_access_token: 'at-1', bedrock_api_key: {}, OPENAI_API_KEY: 'sk', tokens }],
    ['bedrock', { bedrock_api_key: {}, OPENAI_API_KEY: 'sk', tokens }],
    ['bedrock', { bedrock_access_keys: {}, tokens }],
    ['apikey', { OPENAI_API_KEY: 'sk', tokens }],
    ['apikey', { OPENAI_API_KEY: '', tokens }],
    ['chatgpt', { OPENAI_API_KEY: null, personal_access_token: null, tokens }],
  ])('is %s', (mode, document) => {
    expect(parseAuthFile(authText(document))?.mode).toBe(mode)
  })
})

it.each(['apikey', 'personalAccessToken', 'agentIdentity'])('reads the mode %s as another tool’s', (mode) => {
  expect(parseAuthFile(authText({ auth_mode: mode }))?.mode).toBe(mode)
})

it('reads what the tokens say', () => {
  expect(parseChatgpt(authText())).toMatchObject({
    accountId: ada.accountId,
    provenance: { issuer: provenance.issuer, clientId: provenance.client_id },
    loginOwnerId: tokens['login_owner_id'],
    lastRefreshMs: Date.UTC(2025, 11, 31, 23, 32, 8, 502),
    expiresAtMs: startMs + 3_600_000,
    identity: { email: ada.email, userId: ada.userId, planType: 'plus' },
  })
})

describe('serializeAuthFile', () => {
  it('gives back a file of Codex byte for byte', () => {
    expect(serializeAuthFile(parseChatgpt(authText()))).toBe(authText())
  })

  it('lays a new file out as Codex does: its order, two spaces, no newline at the end', () => {
    const { document: _, ...credential } = parseChatgpt(authText())
    const text = serializeAuthFile(credential)
    expect(text).toBe(authText({ ...authDocument(), last_refresh: '2025-12-31T23:32:08.502Z' }))
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['auth_mode', 'OPENAI_API_KEY', 'tokens', 'last_refresh'])
  })

  it('spells a time that did not change as it was, and a new one in UTC', () => {
    const text = authText({ ...authDocument(), last_refresh: '2026-01-01T02:00:00+02:00' })
    const credential = parseChatgpt(text)
    expect(serializeAuthFile(credential)).toContain('"2026-01-01T02:00:00+02:00"')
    expect(serializeAuthFile({ ...credential, lastRefreshMs: startMs + 1 })).toContain('"2026-01-01T00:00:00.001Z"')
  })

  it('makes a file of another mode a ChatGPT file, and keeps what it held', () => {
    const { document: _, ...credential } = parseChatgpt(authText())
    const other = parseAuthFile(authText({ auth_mode: 'apikey', OPENAI_API_KEY: 'sk-1', note: 'mine' }))
    const text = serializeAuthFile({ ...credential, ...(other?.document && { document: other.document }) })
    expect(JSON.parse(text)).toMatchObject({ auth_mode: 'chatgpt', OPENAI_API_KEY: 'sk-1', note: 'mine' })
    expect(parseAuthFile(text)?.mode).toBe('chatgpt')
  })

  it('makes tokens that a host had lent ones that are kept here', () => {
    const lent = parseChatgpt(authText({ ...authDocument(), auth_mode: 'chatgptAuthTokens' }))
    expect(JSON.parse(serializeAuthFile(lent))).toMatchObject({ auth_mode: 'chatgpt' })
  })
})
