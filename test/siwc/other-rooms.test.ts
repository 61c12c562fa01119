import { describe, expect, it } from 'vitest'
import { createMemoryStore, Secret } from '../../src/core/index.js'
import { fromSession } from '../../src/gateway/index.js'
import { createMemoryRegistrations, receiveTransfer, siwcAppServerEnv, transferSignIn } from '../../src/siwc/index.js'
import { openVault } from '../../src/vault/index.js'
import { inProcess } from '../gateway/gateway-lab.js'
import { caughtCode } from '../support/caught.js'
import { signedIn } from '../support/signed-in.js'
import { siwcLab, untilDueMs } from './siwc-lab.js'

describe('a gateway', () => {
  it('refuses such a session with the reason, and asks nobody', async () => {
    const lab = siwcLab()
    await lab.signIn()
    lab.emulator.clearLog()
    const { ask } = await inProcess({ profiles: fromSession(lab.session()) })
    const body = JSON.stringify({ model: 'gpt-5.5', input: 'Hello' })
    for (const answer of [await ask('/v1/models'), await ask('/v1/responses', { method: 'POST', body })]) {
      expect(answer.headers.get('x-planpass-code')).toBe('ERR_CONFIG_TERMS')
      expect(await answer.text()).toContain('no general-purpose API access')
    }
    expect(lab.emulator.log).toEqual([])
  })
})

describe('a vault', () => {
  it('refuses the provider before it opens a database, unless an approval is stated', async () => {
    const { provider } = siwcLab()
    const driver = new Proxy({}, { get: () => () => Promise.reject(new Error('The database was asked.')) })
    const options = { driver, keys: {}, provider } as never
    expect(await caughtCode(openVault(options))).toBe('ERR_CONFIG_TERMS')
  })
})

describe('a transfer', () => {
  it('ends the sign-in here, starts it there, and leaves the id of the machine behind', async () => {
    const lab = siwcLab()
    await lab.signIn()
    const transfer = await transferSignIn(lab)
    expect(transfer.reveal()).not.toContain(lab.hostId)
    expect(await lab.store.read()).toBeUndefined()
    expect(await lab.registrations.read()).toMatchObject({ state: 'transferred' })
    expect(await caughtCode(lab.session().credential())).toBe('ERR_SIGN_IN_REQUIRED')

    const there = { store: createMemoryStore(), registrations: createMemoryRegistrations() }
    await receiveTransfer(transfer, there)
    await lab.clock.advance(untilDueMs)
    expect(await lab.session({ store: there.store }).credential()).toMatchObject({ mode: 'siwc' })
    expect(await there.registrations.read()).toMatchObject({ state: 'connected', subject: 'user-emulated-1' })
    expect(await caughtCode(receiveTransfer(transfer, there))).toBe('ERR_CONFIG_USAGE')
  })

  it('takes nothing that is none', async () => {
    const there = { store: createMemoryStore(), registrations: createMemoryRegistrations() }
    for (const text of ['', '{}', '{"kind":"planpass siwc transfer 1","credential":"{}"}']) {
      expect(await caughtCode(receiveTransfer(new Secret(text), there))).toBe('ERR_STORE_CORRUPT')
    }
  })
})

describe('the recipe for the app server', () => {
  it('is a provider over HTTP, with the token in the environment and in no flag', async () => {
    const lab = siwcLab()
    const { accessToken } = await lab.signIn()
    const { environment, args, expiresAtMs } = await siwcAppServerEnv(lab.session())
    expect(environment).toEqual({ ACCESS_TOKEN: accessToken.reveal() })
    expect(expiresAtMs).toBe(lab.clock.now() + 3_600_000)
    expect(args.join(' ')).not.toContain(accessToken.reveal())
    expect(args[1]).toBe('model_provider="openai_chatgpt_plan"')
    expect(args[3]).toContain(`base_url = "${lab.emulator.apiUrl}"`)
  })

  it('is not for a session of the other provider', async () => {
    const { session } = await signedIn()
    expect(await caughtCode(siwcAppServerEnv(session))).toBe('ERR_TOKEN_UNSUPPORTED_MODE')
  })
})
