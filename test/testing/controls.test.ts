import { describe, expect, it } from 'vitest'
import { createEmulator, defaultAccount, type Emulator } from '../../src/testing/index.js'
import { emulatorAtRest, errorCode, pollDevice, readAnswer, refresh, startDevice, whoami } from './issuer-client.js'

async function control(
  emulator: Emulator,
  call: string,
  body?: unknown,
  headers: Record<string, string> = { 'x-emulator-control': '1' },
) {
  const [method = '', path = ''] = call.split(' ')
  const init = body === undefined ? {} : { body: JSON.stringify(body) }
  return readAnswer(await emulator.fetch(`${emulator.issuer}/__emulator${path}`, { method, headers, ...init }))
}

describe('the controls over HTTP', () => {
  it.each(['GET /log', 'POST /approve', 'GET /sessions', 'GET /nothing'])(
    'refuse %s without their header',
    async (call) => {
      const { emulator } = emulatorAtRest()
      const { status } = await control(emulator, call, undefined, {})
      expect(status).toBe(403)
      expect(emulator.log).toEqual([])
    },
  )

  it('decide about device codes', async () => {
    const second = { ...defaultAccount, email: 'grace@example.test', accountId: 'account-2' }
    const { emulator } = emulatorAtRest({ accounts: [defaultAccount, second] })
    const [approved, denied, expired] = [
      await startDevice(emulator),
      await startDevice(emulator),
      await startDevice(emulator),
    ]
    expect(
      (await control(emulator, 'POST /approve', { userCode: approved.userCode, account: second.email })).status,
    ).toBe(200)
    expect((await control(emulator, 'POST /deny', { userCode: denied.userCode })).status).toBe(200)
    expect((await control(emulator, 'POST /expire', { userCode: expired.userCode })).status).toBe(200)
    expect((await pollDevice(emulator, approved)).status).toBe(200)
    expect(errorCode(await pollDevice(emulator, denied))).toBe('access_denied')
    expect(errorCode(await pollDevice(emulator, expired))).toBe('expired_token')
    expect((await control(emulator, 'POST /approve', { userCode: 'NONE' })).status).toBe(404)
    expect((await control(emulator, 'POST /approve', { userCode: 'NONE', account: 'nobody' })).status).toBe(400)
  })

  it('issue, expire and revoke', async () => {
    const { emulator } = emulatorAtRest()
    const { body } = await control(emulator, 'POST /issue-tokens')
    const [accessToken, refreshToken] = [String(body['accessToken']), String(body['refreshToken'])]
    await control(emulator, 'POST /expire-access-tokens')
    expect(errorCode(await whoami(emulator, accessToken))).toBe('token_expired')
    await control(emulator, 'POST /expire-refresh-tokens', { sessionId: body['sessionId'] })
    expect(errorCode(await refresh(emulator, refreshToken))).toBe('refresh_token_expired')
    expect((await control(emulator, 'POST /revoke-session', { sessionId: body['sessionId'] })).status).toBe(200)
    expect(errorCode(await whoami(emulator, accessToken))).toBe('token_invalidated')
    expect((await control(emulator, 'GET /sessions')).body).toMatchObject([{ id: body['sessionId'], state: 'revoked' }])
  })

  it('add, list and clear faults, and read log and counters', async () => {
    const { emulator } = emulatorAtRest()
    const { body } = await control(emulator, 'POST /faults', { endpoint: 'jwks', status: 503, times: 2 })
    expect((await emulator.fetch(`${emulator.issuer}/.well-known/jwks.json`)).status).toBe(503)
    expect((await control(emulator, 'GET /faults')).body).toEqual([{ id: body['id'], endpoint: 'jwks', hits: 1 }])
    expect((await control(emulator, `DELETE /faults/${String(body['id'])}`)).status).toBe(200)
    expect((await control(emulator, `DELETE /faults/${String(body['id'])}`)).status).toBe(404)
    await control(emulator, 'POST /faults', { endpoint: 'jwks', slow: { chunkBytes: 1, delayMs: 1 } })
    await control(emulator, 'DELETE /faults')
    expect(emulator.faults.active).toEqual([])
    expect((await control(emulator, 'GET /counters')).body).toMatchObject({ requests: { jwks: 1 } })
    expect((await control(emulator, 'GET /log')).body).toMatchObject([{ endpoint: 'jwks', status: 503 }])
    await control(emulator, 'DELETE /log')
    expect(emulator.log).toEqual([])
  })

  it.each([
    [{ endpoint: 'nowhere' }, 'endpoint'],
    [{ endpoint: 'jwks', status: 99 }, 'status'],
    [{ endpoint: 'jwks', delayMs: '5' }, 'delayMs'],
    [{ endpoint: 'jwks', slow: { chunkBytes: 0, delayMs: 1 } }, 'slow'],
    [{ endpoint: 'jwks', headers: { a: 1 } }, 'headers'],
    [{ endpoint: 'jwks', typo: 1 }, 'typo'],
    [[], 'endpoint'],
    ['text', 'object'],
  ])('refuse the fault %j and name what is wrong', async (fault, named) => {
    const { emulator } = emulatorAtRest()
    const { status, body } = await control(emulator, 'POST /faults', fault)
    expect(status).toBe(400)
    expect(JSON.stringify(body)).toContain(named)
  })

  it('advance a fake clock, and say so when the clock is real', async () => {
    const { emulator, clock } = emulatorAtRest()
    const before = clock.now()
    expect((await control(emulator, 'POST /clock/advance', { ms: 5000 })).body).toEqual({ nowMs: before + 5000 })
    expect((await control(emulator, 'POST /clock/advance', { ms: -1 })).status).toBe(400)
    expect((await control(createEmulator(), 'POST /clock/advance', { ms: 1 })).status).toBe(409)
  })
})
