import { describe, expect, it } from 'vitest'
import { readModelsState, readUsageState } from '../../src/gateway/console-state.js'
import { fromSession } from '../../src/gateway/index.js'
import { siwcAppServerEnv } from '../../src/siwc/index.js'
import { openVault, type VaultOptions } from '../../src/vault/index.js'
import { createVaultSignIns } from '../../src/vault/sign-ins.js'
import { inProcess } from '../gateway/gateway-lab.js'
import { caught, caughtAuthError, caughtCode } from '../support/caught.js'
import { signedIn } from '../support/signed-in.js'
import { siwcLab } from './siwc-lab.js'

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

describe('the console of a gateway', () => {
  it('shows the reason where models and usage would stand, and asks nobody', async () => {
    const lab = siwcLab()
    await lab.signIn()
    lab.emulator.clearLog()
    const profile = { name: 'default', session: lab.session() }
    for (const part of [await readModelsState(profile, lab), await readUsageState(profile, lab)]) {
      expect(part).toMatchObject({ state: 'unknown', failure: { code: 'ERR_CONFIG_TERMS' } })
      expect('failure' in part && part.failure?.message).toContain('no general-purpose API access')
    }
    expect(lab.emulator.log).toEqual([])
  })
})

describe('a vault', () => {
  it('refuses the provider before it opens a database, unless an approval is stated', async () => {
    const { provider } = siwcLab()
    const driver = new Proxy({}, { get: () => () => Promise.reject(new Error('The database was asked.')) })
    const options = { driver, keys: {}, provider } as never as VaultOptions
    const error = await caughtAuthError(openVault(options))
    expect(error.code).toBe('ERR_CONFIG_TERMS')
    expect(error.message).toContain('no general-purpose API access')
    const approved = openVault({ ...options, siwcApproval: 'letter of 2 October 2026' })
    expect(await caught(approved)).not.toMatchObject({ code: 'ERR_CONFIG_TERMS' })
  })

  it('begins no sign-in under a registration that is somebody else’s', async () => {
    const { provider, emulator } = siwcLab()
    const signIns = createVaultSignIns({ provider, identity: {}, fetch: emulator.fetch } as never)
    const owner = { tenant: 'acme', user: 'ada' }
    for (const begin of [
      signIns.beginDevice(owner, 'host'),
      signIns.beginCallback(owner, 'host', 'https://acme.test'),
    ]) {
      expect(await caughtAuthError(begin)).toMatchObject({ code: 'ERR_CONFIG_USAGE' })
    }
    expect(emulator.log).toEqual([])
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
