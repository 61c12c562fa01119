import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { codexClientId } from '../../src/testing/codex-client.js'
import { toCodeChallenge } from '../../src/testing/authorization-codes.js'
import { defaultAccount } from '../../src/testing/index.js'
import { emulatorAtRest, errorCode, pollDevice, post, postForm, startDevice } from './issuer-client.js'

describe('device sign-in', () => {
  it('hands out a code with the interval as text and its expiry', async () => {
    const { emulator, clock } = emulatorAtRest({ deviceIntervalSeconds: 1 })
    const { status, body } = await post(emulator, '/api/accounts/deviceauth/usercode', { client_id: codexClientId })
    expect(status).toBe(200)
    expect(body).toMatchObject({ interval: '1', expires_at: new Date(clock.now() + 15 * 60_000).toISOString() })
    expect(body['user_code']).toMatch(/^[A-Z0-9]{4}-[A-Z0-9]{5}$/)
  })

  it.each([403, 404] as const)('answers %i while nobody has decided', async (devicePendingStatus) => {
    const { emulator } = emulatorAtRest({ devicePendingStatus })
    const answer = await pollDevice(emulator, await startDevice(emulator))
    expect(answer).toEqual({
      status: devicePendingStatus,
      body: {
        error: {
          message: 'Device authorization is unknown. Please try again.',
          type: 'invalid_request_error',
          param: null,
          code: 'deviceauth_authorization_unknown',
        },
      },
    })
  })

  it('needs nobody when codes are approved by themselves', async () => {
    const { emulator } = emulatorAtRest({ autoApprove: true })
    expect((await pollDevice(emulator, await startDevice(emulator))).status).toBe(200)
  })

  it('gives an approved device a code and the PKCE pair the server made, and tokens for them', async () => {
    const { emulator } = emulatorAtRest()
    const device = await startDevice(emulator)
    expect(emulator.approve(device.userCode)).toBe(true)
    const { status, body: grant } = await pollDevice(emulator, device)
    expect(status).toBe(200)
    expect(toCodeChallenge(String(grant['code_verifier']))).toBe(grant['code_challenge'])

    const exchange = {
      grant_type: 'authorization_code',
      client_id: codexClientId,
      code: String(grant['authorization_code']),
      redirect_uri: `${emulator.issuer}/deviceauth/callback`,
      code_verifier: String(grant['code_verifier']),
    }
    const { body: tokens } = await postForm(emulator, '/oauth/token', exchange)
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600 })
    expect(decodeJwt(String(tokens['id_token']))).toMatchObject({
      iss: emulator.issuer,
      aud: [codexClientId],
      email: defaultAccount.email,
      'https://api.openai.com/auth': {
        chatgpt_account_id: defaultAccount.accountId,
        chatgpt_plan_type: 'plus',
        chatgpt_user_id: defaultAccount.userId,
        user_id: defaultAccount.userId,
        chatgpt_account_is_fedramp: false,
        organizations: [{ is_default: true }],
      },
    })
    expect(decodeJwt(String(tokens['access_token']))).toMatchObject({
      'https://api.openai.com/auth': { chatgpt_plan_type: 'plus' },
      'https://api.openai.com/profile': { email: defaultAccount.email },
    })
    expect(await postForm(emulator, '/oauth/token', exchange)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
  })

  it('hands the code to one poll only', async () => {
    const { emulator } = emulatorAtRest()
    const device = await startDevice(emulator)
    emulator.approve(device.userCode)
    await pollDevice(emulator, device)
    expect(errorCode(await pollDevice(emulator, device))).toBe('deviceauth_authorization_unknown')
  })

  it('tells a denied device, and one whose time is over, apart from a pending one', async () => {
    const { emulator, clock } = emulatorAtRest()
    const denied = await startDevice(emulator)
    emulator.deny(denied.userCode)
    const forgotten = await startDevice(emulator)
    const expired = await startDevice(emulator)
    emulator.expire(expired.userCode)
    expect(await pollDevice(emulator, denied)).toMatchObject({
      status: 400,
      body: { error: { code: 'access_denied' } },
    })
    expect(errorCode(await pollDevice(emulator, expired))).toBe('expired_token')
    await clock.advance(15 * 60_000)
    expect(errorCode(await pollDevice(emulator, forgotten))).toBe('expired_token')
    expect(emulator.approve(forgotten.userCode)).toBe(false)
  })

  it('does not take a code for another device', async () => {
    const { emulator } = emulatorAtRest()
    const [one, other] = [await startDevice(emulator), await startDevice(emulator)]
    emulator.approve(one.userCode)
    const mixed = { deviceAuthId: other.deviceAuthId, userCode: one.userCode }
    expect((await pollDevice(emulator, mixed)).status).toBe(403)
  })

  it('finds a code a person types in lower case and without the dash', async () => {
    const { emulator } = emulatorAtRest()
    const { userCode } = await startDevice(emulator)
    expect(emulator.approve(` ${userCode.toLowerCase().replace('-', '')} `)).toBe(true)
  })
})
