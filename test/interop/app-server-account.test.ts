import { describe, expect, it } from 'vitest'
import { RpcRefusedError, type AppServer } from '../../src/app-server/index.js'
import { Secret } from '../../src/core/index.js'
import { caught, caughtAuthError } from '../support/caught.js'
import { connectLab } from './app-server-lab.js'
import { withCodexLab, type CodexLab, type CodexLabOptions } from './codex-lab.js'

type Connected = CodexLab & { readonly server: AppServer }

/** A server that signs in by itself, and that nobody is signed in to, unless told otherwise. */
async function withServer(
  { isSignedIn = false, ...options }: CodexLabOptions & { readonly isSignedIn?: boolean },
  body: (lab: Connected) => Promise<void>,
) {
  await withCodexLab(options, async (lab) => {
    if (isSignedIn) await lab.home.writeAuth(await lab.emulator.issueTokens())
    await body({ ...lab, server: await connectLab(lab) })
  })
}

describe('the account of a real app server', () => {
  it('is signed in with a device code that the server shows', async () => {
    await withServer({}, async ({ emulator, listener, server }) => {
      const updates = server.notifications(['account/updated'])
      const login = await server.account.login({ type: 'chatgptDeviceCode' })
      if (login.type !== 'chatgptDeviceCode') throw new Error('The answer is of another kind.')
      expect(login.verificationUrl).toBe(`${listener.issuer}/codex/device`)
      emulator.approve(login.userCode)
      expect(await login.completed()).toMatchObject({ loginId: login.loginId, success: true })
      for await (const { params } of updates) {
        expect(params).toEqual({ authMode: 'chatgpt', planType: 'plus' })
        break
      }
      expect(await server.account.read()).toMatchObject({
        account: { type: 'chatgpt', email: 'ada@example.test', planType: 'plus' },
        workspaceRouting: {
          chatgptAccountId: 'account-emulated-1',
          backendOrigin: listener.tls?.issuer,
          accountRoutingOverride: 'NO_CONSTRAINT',
        },
      })
    })
  })

  it('says in the words of the server why a sign-in failed', async () => {
    await withServer({}, async ({ emulator, server }) => {
      const login = await server.account.login({ type: 'chatgptDeviceCode' })
      if (login.type !== 'chatgptDeviceCode') throw new Error('The answer is of another kind.')
      emulator.deny(login.userCode)
      const { code, message } = await caughtAuthError(login.completed())
      expect(code).toBe('ERR_SIGN_IN_FAILED')
      expect(message).toContain('The app server says: device auth failed')
    })
  })

  it('cancels a sign-in, once', async () => {
    await withServer({}, async ({ server }) => {
      const login = await server.account.login({ type: 'chatgptDeviceCode' })
      const loginId = 'loginId' in login ? login.loginId : ''
      expect(await server.account.cancelLogin(loginId)).toEqual({ status: 'canceled' })
      expect((await caughtAuthError(login.completed())).message).toContain('Login was not completed')
      expect(await server.account.cancelLogin(loginId)).toEqual({ status: 'notFound' })
      const refused = await caught(server.account.cancelLogin('nope'))
      expect(refused).toBeInstanceOf(RpcRefusedError)
      expect(refused).toMatchObject({ code: 'ERR_RPC_REFUSED', rpcCode: -32600 })
    })
  })

  it('takes an API key, and forgets it', async () => {
    await withServer({}, async ({ server, home }) => {
      const login = await server.account.login({ type: 'apiKey', apiKey: new Secret('sk-emulated') })
      expect(await login.completed()).toMatchObject({ loginId: null, success: true })
      expect((await server.account.read()).account).toEqual({ type: 'apiKey' })
      await server.account.logout()
      expect((await server.account.read()).account).toBeNull()
      expect(await home.readAuth()).toBeUndefined()
    })
  })

  it('is refused a kind of sign-in that the configuration of the child forbids', async () => {
    await withCodexLab({}, async (lab) => {
      await lab.home.configure('forced_login_method = "chatgpt"')
      const server = await connectLab(lab)
      const refused = await caughtAuthError(server.account.login({ type: 'apiKey', apiKey: new Secret('sk-emulated') }))
      expect(refused.message).toContain('API key login is disabled. Use ChatGPT login instead')
    })
  })

  it('tells its limits, and again when an answer brings newer ones', async () => {
    await withServer({ isSignedIn: true }, async ({ emulator, server }) => {
      const seen: (number | undefined)[] = []
      for await (const { rateLimits } of server.account.watchRateLimits()) {
        expect(rateLimits).toMatchObject({
          limitId: 'codex',
          primary: { windowDurationMins: 300 },
          secondary: { usedPercent: 10, windowDurationMins: 10_080 },
          credits: { hasCredits: false, unlimited: false, balance: '0' },
          planType: 'plus',
        })
        seen.push(rateLimits.primary?.usedPercent)
        if (seen.at(-1) === 55) break
        emulator.scenario.usage = { ...emulator.scenario.usage, primary: { usedPercent: 55, windowSeconds: 18_000 } }
        if (seen.length === 1) await (await server.startThread()).startTurn('say hi')
      }
      expect([seen[0], seen.at(-1)]).toEqual([20, 55])
    })
  })

  it('refreshes when it is asked to, and is revoked when it signs out', async () => {
    await withServer({ isSignedIn: true }, async ({ emulator, server, home }) => {
      await server.account.read({ refreshToken: true })
      expect(emulator.log.flatMap(({ refreshReason }) => refreshReason ?? [])).toEqual(['forced'])
      const updates = server.notifications(['account/updated'])
      await server.account.logout()
      for await (const { params } of updates) {
        if (params.authMode !== null) continue
        expect(params.planType).toBeNull()
        break
      }
      expect(emulator.sessions.map(({ state }) => state)).toEqual(['revoked'])
      expect(await home.readAuth()).toBeUndefined()
    })
  })
})
