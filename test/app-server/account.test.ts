import { describe, expect, it } from 'vitest'
import { mergeRateLimits, type Login } from '../../src/app-server/index.js'
import type { GetAccountRateLimitsResponse, RateLimitSnapshot } from '../../src/app-server/protocol/wire.js'
import { bearerTokens, chatgptTokens } from '../../src/core/external.js'
import { Secret } from '../../src/core/index.js'
import { caught, caughtAuthError, caughtCode } from '../support/caught.js'
import { join, startFakeServer, type Script } from './fake-server.js'

async function connect(script: Script = {}) {
  const server = await startFakeServer(script)
  return { server, connection: await join(server) }
}

/** What a login is on the wire. */
async function encode(login: Login): Promise<unknown> {
  const { server, connection } = await connect({ 'account/login/start': ({ type }) => ({ type }) })
  await connection.account.login(login)
  return server.received.at(-1)?.['params']
}

const key = new Secret('key-1')

describe('the start of a sign-in', () => {
  const tokens = chatgptTokens(new Secret('token-1'), { accountId: 'account-1', planType: 'hc' })

  it.each<[Login, Record<string, unknown>]>([
    [{ type: 'apiKey', apiKey: key }, { apiKey: 'key-1' }],
    [{ type: 'chatgpt' }, {}],
    [
      { type: 'chatgpt', appBrand: 'codex', codexStreamlinedLogin: true, useHostedLoginSuccessPage: true },
      { appBrand: 'codex', codexStreamlinedLogin: true, useHostedLoginSuccessPage: true },
    ],
    [{ type: 'chatgptDeviceCode' }, {}],
    [
      { type: 'chatgptAuthTokens', tokens },
      { accessToken: 'token-1', chatgptAccountId: 'account-1', chatgptPlanType: 'enterprise' },
    ],
    [
      { type: 'amazonBedrock', apiKey: key, region: 'eu-north-1' },
      { apiKey: 'key-1', region: 'eu-north-1' },
    ],
    [
      { type: 'amazonBedrockAccessKeys', accessKeyId: 'id', secretAccessKey: key, sessionToken: key, region: 'r' },
      { accessKeyId: 'id', secretAccessKey: 'key-1', sessionToken: 'key-1', region: 'r' },
    ],
  ])('sends its parameters as the server names them: $type', async (login, members) => {
    expect(await encode(login)).toEqual({ type: login.type, ...members })
  })

  it.each<[string, Login]>([
    ['a blank key', { type: 'apiKey', apiKey: new Secret(' ') }],
    ['a blank Bedrock key', { type: 'amazonBedrock', apiKey: new Secret(''), region: 'r' }],
    ['a blank region', { type: 'amazonBedrock', apiKey: key, region: ' ' }],
    [
      'a blank secret',
      { type: 'amazonBedrockAccessKeys', accessKeyId: 'id', secretAccessKey: new Secret(''), region: 'r' },
    ],
  ])('sends nothing with %s', async (_what, login) => {
    const { server, connection } = await connect()
    const before = server.received.length
    expect(await caughtCode(connection.account.login(login))).toBe('ERR_CONFIG_USAGE')
    expect(server.received).toHaveLength(before)
  })

  it('sends no token that is of no account', async () => {
    const { connection } = await connect()
    const login = { type: 'chatgptAuthTokens', tokens: bearerTokens(key) } as const
    expect(await caughtCode(connection.account.login(login))).toBe('ERR_TOKEN_NO_ACCOUNT')
  })

  it('hands back no page that is neither https nor on this machine', async () => {
    for (const authUrl of ['http://example.test/', 'javascript:alert(1)', 'file:///etc/passwd', 'no address']) {
      const { connection } = await connect({
        'account/login/start': () => ({ type: 'chatgpt', loginId: '1', authUrl }),
      })
      expect(await caughtCode(connection.account.login({ type: 'chatgpt' }))).toBe('ERR_UPSTREAM_BAD_RESPONSE')
    }
  })

  it('keeps its key out of every error and out of what is printed', async () => {
    const { connection } = await connect({ 'account/login/start': () => undefined })
    const login = connection.account.login({ type: 'apiKey', apiKey: new Secret('sk-canary') }, { timeoutMs: 10 })
    expect(String(await caught(login))).not.toContain('canary')
  })
})

describe('the end of a sign-in', () => {
  const started: Script = {
    'account/login/start': () => ({
      type: 'chatgptDeviceCode',
      loginId: 'b',
      verificationUrl: 'https://x.test/',
      userCode: 'C',
    }),
  }
  const ended = (loginId: string | null, success: boolean, error: string | null = null) => ({
    method: 'account/login/completed',
    params: { loginId, success, error, onboardingEntrypoint: null },
  })

  it('is the one of its own id', async () => {
    const { server, connection } = await connect(started)
    const login = await connection.account.login({ type: 'chatgptDeviceCode' })
    for (const message of [ended('a', false), ended(null, false), ended('b', true)]) server.say(message)
    expect(await login.completed()).toMatchObject({ loginId: 'b', success: true })
  })

  it('is an error in the words of the server, without what looks like a secret', async () => {
    const { server, connection } = await connect(started)
    const login = await connection.account.login({ type: 'chatgptDeviceCode' })
    server.say(ended('b', false, 'denied: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ'))
    const error = await caughtAuthError(login.completed())
    expect(error).toMatchObject({ code: 'ERR_SIGN_IN_FAILED', summary: 'The app server says: denied: [redacted].' })
  })

  it('is waited for no longer than the signal says', async () => {
    const { connection } = await connect(started)
    const login = await connection.account.login({ type: 'chatgptDeviceCode' })
    expect(await caught(login.completed({ signal: AbortSignal.abort('enough') }))).toBe('enough')
  })
})

describe('notifications of the account', () => {
  it('come with their types, unknown modes among them', async () => {
    const { server, connection } = await connect()
    const updates = connection.notifications(['account/updated', 'account/rateLimits/updated'])
    server.say({ method: 'mcpServer/oauthLogin/completed', params: { name: 'docs', success: true } })
    server.say({ method: 'account/updated', params: { authMode: 'bedrockApiKey', planType: null } })
    server.say({ method: 'account/updated', params: { authMode: 'somethingNew', planType: 'plus' } })
    const seen: unknown[] = []
    for await (const { method, params } of updates) {
      if (method === 'account/updated') seen.push(params.authMode)
      if (seen.length === 2) break
    }
    expect(seen).toEqual(['bedrockApiKey', 'somethingNew'])
  })

  it('reach a reader of all, those without a type here as they came', async () => {
    const { server, connection } = await connect()
    const completed = { method: 'mcpServer/oauthLogin/completed', params: { name: 'docs', success: true } }
    server.say(completed)
    for await (const notification of connection.allNotifications()) {
      expect(notification).toEqual(completed)
      break
    }
  })
})

const snapshot = (members: Partial<RateLimitSnapshot>): RateLimitSnapshot => ({
  limitId: null,
  limitName: null,
  normalModelSlug: null,
  primary: null,
  secondary: null,
  credits: null,
  individualLimit: null,
  spendControlReached: null,
  planType: null,
  rateLimitReachedType: null,
  ...members,
})
const window = (usedPercent: number) => ({ usedPercent, windowDurationMins: 300, resetsAt: null })

describe('an update of the limits', () => {
  const codex = snapshot({ limitId: 'codex', primary: window(20), secondary: window(10), planType: 'plus' })
  const other = snapshot({ limitId: 'other', primary: window(1) })
  const limits: GetAccountRateLimitsResponse = {
    ordinaryUsageAllowed: true,
    rateLimits: codex,
    rateLimitsByLimitId: { codex, other },
    rateLimitResetCredits: null,
    accountId: 'account-1',
    rateLimitUpsell: null,
  }

  it('replaces what it names and keeps what it leaves out', () => {
    const merged = mergeRateLimits(limits, snapshot({ limitId: 'codex', primary: window(55) }))
    const expected = { ...codex, primary: window(55) }
    expect(merged).toEqual({ ...limits, rateLimits: expected, rateLimitsByLimitId: { codex: expected, other } })
  })

  it('is of the main limit when it does not say of which', () => {
    expect(mergeRateLimits(limits, snapshot({ primary: window(55) })).rateLimits.primary).toEqual(window(55))
  })

  it('leaves the other limits alone, and brings one that was not known', () => {
    const merged = mergeRateLimits(limits, snapshot({ limitId: 'new', primary: window(7) }))
    expect(merged.rateLimits).toEqual(codex)
    expect(merged.rateLimitsByLimitId).toMatchObject({ codex, other, new: { primary: window(7) } })
    const changed = mergeRateLimits(limits, snapshot({ limitId: 'other', secondary: window(3) }))
    expect(changed.rateLimitsByLimitId).toMatchObject({ codex, other: { primary: window(1), secondary: window(3) } })
  })
})
