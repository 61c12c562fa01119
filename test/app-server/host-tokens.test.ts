import { writeFile } from 'node:fs/promises'
import { join as joinPaths } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { OAuthOptions } from '../../src/app-server/index.js'
import { bearerTokens, chatgptTokens, fromFunction, fromSession, type ExternalAuth } from '../../src/core/external.js'
import { AuthError, Secret, type ErrorCode } from '../../src/core/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { createEmulatedSource } from '../support/external-source.js'
import { signedIn } from '../support/signed-in.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { join, startFakeServer, type FakeServer, type Message } from './fake-server.js'

const first = chatgptTokens(new Secret('first-token'), { accountId: 'account-1', planType: 'plus' })
const second = chatgptTokens(new Secret('second-token'), { accountId: 'account-1', planType: 'plus' })

/** Gives one token before a refusal, and what `refresh` gives after it. */
function sourceOf(refresh: ExternalAuth['refresh'], given = first): ExternalAuth {
  return { resolve: async () => given, refresh }
}

function loginsOf({ received }: FakeServer): Message[] {
  return received.filter(({ method }) => method === 'account/login/start').map(({ params }) => params as Message)
}

const refresh = (server: FakeServer, previousAccountId: string | null = 'account-1') =>
  server.ask('account/chatgptAuthTokens/refresh', { reason: 'unauthorized', previousAccountId })

describe('the tokens of a host', () => {
  it('are sent once the server was greeted, and nothing else with them', async () => {
    const server = await startFakeServer()
    await join(server, { externalAuth: sourceOf(async () => second) })
    expect(server.received.map(({ method }) => method)).toEqual(['initialize', 'initialized', 'account/login/start'])
    expect(server.received[0]?.['params']).toEqual({
      clientInfo: { name: 'test', title: null, version: '1.0' },
      capabilities: { experimentalApi: true, requestAttestation: false },
    })
    expect(loginsOf(server)).toEqual([
      { type: 'chatgptAuthTokens', accessToken: 'first-token', chatgptAccountId: 'account-1', chatgptPlanType: 'plus' },
    ])
  })

  it.each([
    ['hc', 'enterprise'],
    ['education', 'edu'],
    ['pro', 'pro'],
    [undefined, undefined],
  ])('name the plan %s as the server knows it: %s', async (planType, wire) => {
    const server = await startFakeServer()
    const metadata = { accountId: 'account-1', ...(planType !== undefined && { planType }) }
    await join(server, { externalAuth: sourceOf(async () => second, chatgptTokens(new Secret('token'), metadata)) })
    expect(loginsOf(server)[0]?.['chatgptPlanType']).toBe(wire)
  })

  it('need no home on this machine, when the server is on another', async () => {
    const server = await startFakeServer()
    await join(server, { externalAuth: sourceOf(async () => second), environment: {} })
    expect(loginsOf(server)).toHaveLength(1)
  })

  it('are asked of a source that has none at hand', async () => {
    const server = await startFakeServer()
    await join(server, { externalAuth: { refresh: async () => second } })
    expect(loginsOf(server)[0]).toMatchObject({ accessToken: 'second-token' })
  })

  it('are refused without an account, before anything is connected', async () => {
    const externalAuth = sourceOf(async () => second, bearerTokens(new Secret('token')))
    const server = await startFakeServer()
    expect(await caughtCode(join(server, { externalAuth }))).toBe('ERR_TOKEN_NO_ACCOUNT')
    expect(server.received).toEqual([])
  })

  it('are refused for a workspace that the configuration of the child does not allow', async () => {
    const home = await temporaryFolder()
    await writeFile(joinPaths(home, 'config.toml'), 'forced_chatgpt_workspace_id = "account-of-work"\n')
    const server = await startFakeServer()
    const options = { externalAuth: sourceOf(async () => second), environment: { CODEX_HOME: home } }
    const error = await caughtAuthError(join(server, options))
    expect(error).toMatchObject({
      code: 'ERR_SIGN_IN_NOT_ALLOWED',
      message: expect.stringContaining('account-of-work'),
    })
    expect(server.received).toEqual([])
  })

  it('end the connection when the server does not take them', async () => {
    const server = await startFakeServer({
      'account/login/start': () => {
        const params = { loginId: null, success: false, error: 'workspace routing discovery failed' }
        setImmediate(() => server.say({ method: 'account/login/completed', params }))
        return { type: 'chatgptAuthTokens' }
      },
    })
    const error = await caughtAuthError(join(server, { externalAuth: sourceOf(async () => second) }))
    expect(error).toMatchObject({ code: 'ERR_SIGN_IN_FAILED', message: expect.stringContaining('workspace routing') })
  })
})

describe('a request for another token', () => {
  it('is answered by the source, which is told of the account and of the token that was refused', async () => {
    const contexts: unknown[] = []
    const server = await startFakeServer()
    const externalAuth = sourceOf(async (context) => {
      contexts.push(context)
      return second
    })
    await join(server, { externalAuth })
    const result = { accessToken: 'second-token', chatgptAccountId: 'account-1', chatgptPlanType: 'plus' }
    expect(await refresh(server)).toEqual({ id: 0, result })
    expect(contexts).toEqual([{ reason: 'unauthorized', previousAccountId: 'account-1', rejected: first.accessToken }])
  })

  it('shares one refresh with those that come meanwhile', async () => {
    const server = await startFakeServer()
    let refreshes = 0
    let finish: () => void = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    const externalAuth = sourceOf(async () => {
      refreshes += 1
      await finished
      return second
    })
    const connection = await join(server, { externalAuth })
    const answers = [refresh(server), refresh(server), refresh(server)]
    connection.callUntyped('nothing', {}).catch(() => undefined)
    finish()
    for (const { result } of await Promise.all(answers)) expect(result).toMatchObject({ accessToken: 'second-token' })
    expect(refreshes).toBe(1)
  })

  it('is answered in time though the refresh is slow, and the next one gets what it brought', async () => {
    const server = await startFakeServer()
    let finish: () => void = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    let refreshes = 0
    const externalAuth = sourceOf(async () => {
      refreshes += 1
      await finished
      return second
    })
    await join(server, { externalAuth, refreshPatienceMs: 50 })
    expect(await refresh(server)).toMatchObject({
      error: { code: -32000, message: expect.stringContaining('ask again') },
    })
    const next = refresh(server)
    finish()
    expect(await next).toMatchObject({ result: { accessToken: 'second-token' } })
    expect(refreshes).toBe(1)
  })

  it('is refused when the token that came is of another account', async () => {
    const other = chatgptTokens(new Secret('token'), { accountId: 'account-2' })
    const server = await startFakeServer()
    await join(server, { externalAuth: sourceOf(async () => other) })
    const { error } = await refresh(server, null)
    expect(error).toEqual({
      code: -32000,
      message: 'The account of the refreshed token is not the one that was signed in.',
    })
  })

  it('is refused when the server means another account, and the rotated token is kept for the next one', async () => {
    const { session, emulator, credential } = await signedIn({ reuse: 'strict' })
    const server = await startFakeServer()
    await join(server, { oauth: { storage: 'memory', session } })
    expect(await refresh(server, 'account-of-somebody')).toMatchObject({ error: { code: -32000 } })
    expect(await refresh(server, credential.accountId)).toMatchObject({
      result: { chatgptAccountId: credential.accountId },
    })
    expect(emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
    const rotated = await session.accessToken()
    expect(rotated.equals(credential.accessToken)).toBe(false)
  })

  it.each([
    ['ERR_TOKEN_REFRESH_REVOKED', 'The sign-in of the host has ended.'],
    ['ERR_SIGN_IN_REQUIRED', 'The sign-in of the host has ended.'],
    ['ERR_NETWORK_UNREACHABLE', 'The host could not refresh the token.'],
    [undefined, 'The host could not refresh the token.'],
  ] as const)('says in fixed words why there is none: %s', async (code: ErrorCode | undefined, message) => {
    const secret = 'rt_secret'
    const server = await startFakeServer()
    const externalAuth = sourceOf(async () => {
      throw code ? new AuthError(code, secret) : new Error(secret)
    })
    await join(server, { externalAuth })
    expect((await refresh(server))['error']).toEqual({ code: -32000, message })
  })

  it('is refused by its name with `autoRefresh: false` and no handler', async () => {
    const { session } = await signedIn()
    const server = await startFakeServer()
    await join(server, { oauth: { storage: 'memory', session, autoRefresh: false } })
    expect(await refresh(server)).toMatchObject({ error: { code: -32601 } })
  })
})

it('keeps what the server says for the first reader, while it signs in', async () => {
  const warning = { method: 'configWarning', params: { summary: 'first' } }
  const server = await startFakeServer({
    initialize: (_params, { say }) => {
      say(warning)
      return { userAgent: 'fake' }
    },
  })
  const connection = await join(server, { externalAuth: sourceOf(async () => second) })
  for await (const notification of connection.allNotifications()) {
    expect(notification).toEqual(warning)
    break
  }
})

it('is not made under the name of another product', async () => {
  const server = await startFakeServer()
  const client = { name: 'codex_vscode', version: '1.0' }
  expect(await caughtCode(join(server, { client }))).toBe('ERR_CONFIG_CLIENT_NAME')
})

describe('ways to sign in that do not go together', () => {
  it.each([
    ['a sign-in in memory without the experimental API', { experimentalApi: false }],
    ['a sign-in in files, of a server that runs already', { oauth: { storage: 'file' } as OAuthOptions }],
    ['two at a time', { externalAuth: fromFunction(async () => first) }],
    ['a handler beside ours', { handlers: { 'account/chatgptAuthTokens/refresh': async () => ({}) as never } }],
  ])('are refused: %s', async (_what, options) => {
    const { session } = await signedIn()
    const server = await startFakeServer()
    expect(await caughtCode(join(server, { oauth: { storage: 'memory', session }, ...options }))).toBe(
      'ERR_CONFIG_USAGE',
    )
    expect(server.received).toEqual([])
  })

  it('are refused: a model provider of a server that runs already', async () => {
    const server = await startFakeServer()
    const modelProvider = { auth: fromFunction(async () => first), baseUrl: 'https://example.test' }
    expect(await caughtCode(join(server, { modelProvider }))).toBe('ERR_CONFIG_USAGE')
  })
})

it('gives no refresh token away', async () => {
  const { session, emulator, credential } = await signedIn()
  const server = await startFakeServer()
  await join(server, { externalAuth: fromSession(session) })
  await refresh(server, credential.accountId)
  const { refreshToken } = await session.credential()
  const text = JSON.stringify(server.received)
  for (const secret of [credential.refreshToken, refreshToken]) expect(text).not.toContain(secret?.reveal())
  expect(emulator.counters.refresh.ok).toBe(1)
})

it('asks an external source as often as the server was refused', async () => {
  const { emulator } = await signedIn()
  const source = await createEmulatedSource(emulator)
  const server = await startFakeServer()
  await join(server, { externalAuth: source })
  const answers = [await refresh(server, null), await refresh(server, null)]
  const tokens = answers.map(({ result }) => (result as Message)['accessToken'])
  expect(new Set(tokens).size).toBe(2)
  expect(source.refreshes).toHaveLength(2)
})
