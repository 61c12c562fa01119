import { describe, expect, it } from 'vitest'
import { startAppServer } from './codex-app-server.js'
import { withCodexLab } from './codex-lab.js'

describe('codex app-server', () => {
  it('signs in with a device code', async () => {
    await withCodexLab({}, async (lab) => {
      const server = await startAppServer(lab)
      const login = await server.request('account/login/start', { type: 'chatgptDeviceCode' })
      expect(login).toMatchObject({
        type: 'chatgptDeviceCode',
        verificationUrl: `${lab.listener.issuer}/codex/device`,
      })
      expect(lab.emulator.approve(String(login['userCode']))).toBe(true)
      expect(await server.waitForNotification('account/login/completed')).toMatchObject({
        loginId: login['loginId'],
        success: true,
        error: null,
      })
      expect(await server.waitForNotification('account/updated')).toMatchObject({
        authMode: 'chatgpt',
        planType: 'plus',
      })
      expect(await server.request('account/read', {})).toMatchObject({
        account: { type: 'chatgpt', email: 'ada@example.test', planType: 'plus' },
        workspaceRouting: {
          chatgptAccountId: 'account-emulated-1',
          backendOrigin: lab.listener.tls?.issuer,
          accountRoutingOverride: 'NO_CONSTRAINT',
        },
      })
      await server.end()
      expect((await lab.home.readAuth())?.auth_mode).toBe('chatgpt')
    })
  })

  it('reports a code that was denied', async () => {
    await withCodexLab({}, async (lab) => {
      const server = await startAppServer(lab)
      const { userCode } = await server.request('account/login/start', { type: 'chatgptDeviceCode' })
      expect(lab.emulator.deny(String(userCode))).toBe(true)
      const completed = await server.waitForNotification('account/login/completed')
      expect(completed).toMatchObject({ success: false, error: expect.stringContaining('device auth failed') })
      await server.end()
    })
  })

  it('reads the limits the emulator tells', async () => {
    await withCodexLab({}, async (lab) => {
      await lab.home.writeAuth(await lab.emulator.issueTokens())
      const server = await startAppServer(lab)
      expect(await server.request('account/rateLimits/read')).toMatchObject({
        rateLimits: {
          limitId: 'codex',
          primary: { usedPercent: 20, windowDurationMins: 300 },
          secondary: { usedPercent: 10, windowDurationMins: 10_080 },
          credits: { hasCredits: false, unlimited: false, balance: '0' },
          planType: 'plus',
        },
      })
      await server.end()
    })
  })

  it('refreshes when it is asked to', async () => {
    await withCodexLab({}, async (lab) => {
      await lab.home.writeAuth(await lab.emulator.issueTokens())
      const server = await startAppServer(lab)
      await server.request('account/read', { refreshToken: true })
      await server.end()
      const reasons = lab.emulator.log.flatMap(({ refreshReason }) => refreshReason ?? [])
      expect(reasons).toEqual(['forced'])
    })
  })

  it('signs out and revokes', async () => {
    await withCodexLab({}, async (lab) => {
      await lab.home.writeAuth(await lab.emulator.issueTokens())
      const server = await startAppServer(lab)
      expect(await server.request('account/logout')).toEqual({})
      expect(await server.request('account/read', {})).toMatchObject({ account: null })
      await server.end()
      expect(lab.emulator.sessions.map(({ state }) => state)).toEqual(['revoked'])
      expect(await lab.home.readAuth()).toBeUndefined()
    })
  })
})
