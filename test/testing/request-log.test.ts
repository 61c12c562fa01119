import { describe, expect, it } from 'vitest'
import { codexClientId } from '../../src/testing/codex-client.js'
import {
  authorizeUrl,
  emulatorAtRest,
  locationOf,
  pollDevice,
  postForm,
  refresh,
  startDevice,
  whoami,
} from './issuer-client.js'

describe('the request log', () => {
  it('holds no token, code or verifier in clear', async () => {
    const { emulator } = emulatorAtRest({ autoApprove: true })
    const canary = 'canary-7f3a91'
    const { url, verifier } = authorizeUrl(emulator, { state: `${canary}-state`, nonce: `${canary}-nonce` })
    const code = (await locationOf(emulator, url)).searchParams.get('code') ?? ''
    const form = { grant_type: 'authorization_code', client_id: codexClientId, code, code_verifier: verifier }
    const { body } = await postForm(emulator, '/oauth/token', {
      ...form,
      redirect_uri: 'http://127.0.0.1:1455/auth/callback',
    })
    const device = await startDevice(emulator)
    emulator.approve(device.userCode)
    const grant = await pollDevice(emulator, device)
    await whoami(emulator, String(body['access_token']))
    await refresh(emulator, String(body['refresh_token']))
    await refresh(emulator, `${canary}-refresh`)
    await emulator.fetch(`${emulator.backendUrl}/wham/usage`, {
      headers: { authorization: `Bearer ${canary}-access`, cookie: `${canary}-cookie`, 'x-new-header': canary },
    })
    for (const [type, text] of [
      ['application/json', `{"nested":{"token":"${canary}"},"list":["${canary}"],"grant_type":1`],
      ['application/json', `{"nested":{"token":"${canary}"},"list":["${canary}"]}`],
      ['text/plain', canary],
    ])
      await emulator.fetch(`${emulator.issuer}/oauth/token`, {
        method: 'POST',
        body: text ?? '',
        headers: { 'content-type': type ?? '' },
      })

    const text = JSON.stringify(emulator.log)
    const secrets = [canary, code, verifier, device.userCode, device.deviceAuthId]
    for (const name of ['id_token', 'access_token', 'refresh_token']) secrets.push(String(body[name]))
    for (const name of ['authorization_code', 'code_verifier']) secrets.push(String(grant.body[name]))
    expect(secrets.filter((secret) => secret.length < 6 || text.includes(secret))).toEqual([])
  })

  it('hashes names that look like none: JSON that was sent as a form, a token that stands alone', async () => {
    const { emulator } = emulatorAtRest()
    const token = `rt_${'canary'.repeat(7)}`
    for (const body of [JSON.stringify({ refresh_token: token }), token, 'CNRY-CANRY'])
      await emulator.fetch(`${emulator.issuer}/oauth/token?${encodeURIComponent(body)}`, {
        method: 'POST',
        body: body,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
    expect(JSON.stringify(emulator.log)).not.toMatch(/canary|canry/i)
    const name = expect.stringMatching(/^sha256:[0-9a-f]{10}$/) as string
    expect(emulator.log.map(({ queryKeys }) => queryKeys)).toEqual([[name], [name], [name]])
  })

  it('tells what was asked and what became of it', async () => {
    const { emulator, clock } = emulatorAtRest()
    const { refreshToken } = await emulator.issueTokens()
    await refresh(emulator, refreshToken)
    expect(emulator.log).toEqual([
      {
        id: 1,
        atMs: clock.now(),
        endpoint: 'token',
        method: 'POST',
        origin: emulator.issuer,
        path: '/oauth/token',
        queryKeys: [],
        headers: expect.objectContaining({ 'content-type': 'application/json' }),
        body: {
          client_id: codexClientId,
          grant_type: 'refresh_token',
          refresh_reason: 'forced',
          refresh_token: expect.stringMatching(/^sha256:[0-9a-f]{10}$/),
        },
        status: 200,
        grantType: 'refresh_token',
        outcome: 'refresh:ok',
        refreshReason: 'forced',
      },
    ])
  })

  it('keeps the last requests only, counts all, and starts anew when cleared', async () => {
    const { emulator } = emulatorAtRest({ logLimit: 2 })
    for (const path of ['/one', '/two', '/three']) await emulator.fetch(`${emulator.issuer}${path}`)
    expect(emulator.log.map(({ path }) => path)).toEqual(['/two', '/three'])
    expect(emulator.counters.requests.other).toBe(3)
    emulator.clearLog()
    expect(emulator.log).toEqual([])
    expect(emulator.counters.requests.other).toBe(0)
  })

  it('names the endpoints of both path styles', async () => {
    const { emulator } = emulatorAtRest()
    const { accessToken } = await emulator.issueTokens()
    for (const path of [
      '/backend-api/wham/usage',
      '/api/codex/usage',
      '/backend-api/codex/responses',
      '/api/codex/responses',
    ])
      await emulator.fetch(`${emulator.issuer}${path}`, { headers: { authorization: `Bearer ${accessToken}` } })
    expect(emulator.log.map(({ endpoint, status }) => [endpoint, status])).toEqual([
      ['usage', 200],
      ['usage', 200],
      ['responses', 426],
      ['responses', 426],
    ])
  })
})
