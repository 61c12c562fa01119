import { describe, expect, it } from 'vitest'
import { startOpenAIDeviceFlow, type OpenAIDeviceFlowOptions } from '../../src/ai-sdk/index.js'
import { decodeClaims, readIdentity } from '../../src/core/index.js'
import { caught, caughtCode } from '../support/caught.js'
import { planLab, recordingStore, type PlanLab } from '../support/plan-lab.js'

function start({ place, clock }: PlanLab, options: OpenAIDeviceFlowOptions = {}) {
  return startOpenAIDeviceFlow({ issuer: place.issuer, fetch: place.fetch, clock, ...options })
}

describe('a device sign-in', () => {
  it('tells where to go and what to enter, and gives whole tokens once it is approved', async () => {
    const lab = await planLab()
    const tokenStore = recordingStore()
    const flow = await start(lab, { tokenStore })
    expect(flow).toMatchObject({ providerId: 'openai', url: `${lab.emulator.issuer}/codex/device` })
    expect(flow.instructions).toBe(`Open ${flow.url} and enter the code ${flow.code}.`)

    const completing = flow.complete()
    lab.emulator.approve(flow.code)
    await lab.clock.advance(60_000)
    const tokens = await completing
    expect(tokens).toEqual({
      accessToken: expect.any(String),
      refreshToken: expect.stringMatching(/^rt_/),
      idToken: expect.any(String),
      accountId: readIdentity(decodeClaims(tokens.idToken ?? '')).accountId,
      expiresAt: expect.any(Number),
    })
    expect(tokenStore.saved).toEqual([tokens])
    expect(await flow.complete()).toBe(tokens)
    expect(lab.emulator.sessions).toHaveLength(2)
  })

  it('outlives polls that fail in passing', async () => {
    const lab = await planLab()
    const flow = await start(lab)
    lab.emulator.faults.add({ endpoint: 'device-token', status: 503, times: 2 })
    const completing = flow.complete()
    await lab.clock.advance(20_000)
    lab.emulator.approve(flow.code)
    await lab.clock.advance(60_000)
    expect(await completing).toMatchObject({ accountId: expect.any(String) })
  })

  it('asks less often when it is told to', async () => {
    const lab = await planLab()
    const flow = await start(lab)
    lab.emulator.faults.add({ endpoint: 'device-token', status: 429, times: 1 })
    const completing = flow.complete()
    await lab.clock.advance(9000)
    expect(lab.emulator.counters.requests['device-token']).toBe(1)
    lab.emulator.approve(flow.code)
    await lab.clock.advance(2000)
    expect(await completing).toMatchObject({ accountId: expect.any(String) })
    expect(lab.emulator.counters.requests['device-token']).toBe(2)
  })

  it.each([
    ['denied', 'deny', 'ERR_SIGN_IN_DENIED'],
    ['expired', 'expire', 'ERR_SIGN_IN_EXPIRED'],
  ] as const)('fails for good when it is %s', async (_, verb, code) => {
    const lab = await planLab()
    const flow = await start(lab)
    const failure = caughtCode(flow.complete())
    lab.emulator[verb](flow.code)
    await lab.clock.advance(60_000)
    expect(await failure).toBe(code)
  })

  it('ends with its code, not with the patience of its caller', async () => {
    const lab = await planLab()
    const flow = await start(lab)
    const failure = caughtCode(flow.complete())
    await lab.clock.advance(flow.expiresAt - lab.clock.now() + 1000)
    expect(await failure).toBe('ERR_SIGN_IN_EXPIRED')
    expect(lab.clock.sleeping).toBe(0)
  })

  it('is given up when its signal says so', async () => {
    const lab = await planLab()
    const controller = new AbortController()
    const flow = await start(lab, { signal: controller.signal })
    const failure = caught(flow.complete())
    await lab.clock.advance(5000)
    controller.abort(new Error('The person left.'))
    expect(await failure).toEqual(new Error('The person left.'))
    expect(lab.clock.sleeping).toBe(0)
  })

  it('sends no secret over an issuer without https, and nobody in the name of another product', async () => {
    expect(await caughtCode(startOpenAIDeviceFlow({ issuer: 'http://issuer.example' }))).toBe('ERR_CONFIG_URL')
    expect(await caughtCode(startOpenAIDeviceFlow({ originator: 'codex_cli_rs' }))).toBe('ERR_CONFIG_CLIENT_NAME')
  })
})
