import { describe, expect, it } from 'vitest'
import { openSession } from '../../src/node/index.js'
import { defaultAccount } from '../../src/testing/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { jwt } from '../support/jwt.js'
import { nodeLab } from './node-lab.js'

describe('a session over a profile', () => {
  it('reads, asks and writes nothing when it is opened', async () => {
    const lab = await nodeLab()
    openSession(lab.common)
    expect(lab.emulator.log).toEqual([])
    expect(await lab.files()).toEqual([])
  })

  it('fails at once when nobody is signed in, and leaves nothing behind', async () => {
    const lab = await nodeLab()
    const error = await caughtAuthError(openSession(lab.common).accessToken())
    expect(error).toMatchObject({ code: 'ERR_SIGN_IN_REQUIRED', remedy: 'sign-in' })
    expect(lab.emulator.log).toEqual([])
    expect(await lab.files()).toEqual([])
  })

  it('is that of whoever signed in', async () => {
    const lab = await nodeLab()
    await lab.signIn()
    const session = openSession(lab.common)
    expect(await session.status()).toMatchObject({ state: 'valid', email: defaultAccount.email })
    expect((await session.fetch(`${lab.emulator.backendUrl}/wham/usage`)).status).toBe(200)
  })

  it('leaves to the next program what it refreshed', async () => {
    const lab = await nodeLab()
    await lab.signIn()
    const [first, second] = [openSession(lab.common), openSession(lab.common)]
    await lab.clock.sleep(56 * 60_000)
    expect((await first.accessToken()).equals(await second.accessToken())).toBe(true)
    expect(lab.emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
  })

  it('knows which refresh token another program has found dead, and tries it no more', async () => {
    const lab = await nodeLab()
    await lab.signIn()
    lab.emulator.expireRefreshTokens()
    await lab.clock.sleep(61 * 60_000)
    expect(await caughtCode(openSession(lab.common).accessToken())).toBe('ERR_TOKEN_REFRESH_EXPIRED')
    expect(await caughtCode(openSession(lab.common).accessToken())).toBe('ERR_TOKEN_REFRESH_EXPIRED')
    expect(lab.emulator.counters.refresh.expired).toBe(1)
  })

  it('keeps a sign-in alive that names no account, which Codex gives up', async () => {
    const lab = await nodeLab()
    const tokens = { id_token: jwt({ sub: 'user-1' }), refresh_token: 'refresh-1' }
    for (const exp of [lab.clock.now() + 60_000, lab.clock.now() + 3_600_000]) {
      const body = { ...tokens, access_token: jwt({ exp: Math.floor(exp / 1000) }) }
      lab.emulator.faults.add({ endpoint: 'token', status: 200, body, times: 1 })
    }
    const { accountId } = await lab.signIn()
    const session = openSession(lab.common)
    await lab.clock.sleep(61_000)
    expect((await session.accessToken()).reveal()).toMatch(/^eyJ/)
    expect(accountId).toBeUndefined()
    expect(lab.emulator.counters.requests.token).toBe(2)
  })

  it.each([
    [{ PLANPASS_ISSUER: 'http://auth.example.com' }, 'ERR_CONFIG_URL'],
    [{ PLANPASS_HOME: '', HOME: '' }, 'ERR_CONFIG_USAGE'],
  ])('is not opened with %j', async (variables, code) => {
    const { environment } = await nodeLab()
    const withVariables = { variables: { ...environment.variables, ...variables } }
    expect(await caughtCode(() => openSession({ environment: withVariables }))).toBe(code)
  })
})
