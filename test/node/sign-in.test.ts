import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openProfile, openSession, signIn, type SignInOptions } from '../../src/node/index.js'
import { defaultAccount } from '../../src/testing/index.js'
import { caught, caughtAuthError, caughtCode } from '../support/caught.js'
import { bob, nobody, nodeLab, readAuth, states, type NodeLab } from './node-lab.js'

describe('signIn', () => {
  it('says who signed in, how, where it is kept, until when, and whether it lasts', async () => {
    const lab = await nodeLab()
    const { session, ...result } = await lab.signIn()
    expect(result).toEqual({
      provider: 'codex',
      flow: 'device',
      storage: 'file',
      mode: 'chatgpt',
      accountId: defaultAccount.accountId,
      email: defaultAccount.email,
      planType: defaultAccount.planType,
      expiresAtMs: (await session.status()).expiresAtMs,
      isPersisted: true,
      warnings: [],
    })
  })

  it('gives a session that asks the backend', async () => {
    const lab = await nodeLab()
    const { session } = await lab.signIn()
    const response = await session.fetch(`${lab.emulator.backendUrl}/wham/usage`)
    expect(response.status).toBe(200)
  })

  it('asks nobody who is signed in already', async () => {
    const lab = await nodeLab()
    await lab.signIn()
    lab.emulator.clearLog()
    const { flow, storage, email, session } = await lab.signIn({ screen: nobody, interactive: false })
    expect({ flow, storage, email }).toEqual({ flow: 'stored', storage: 'file', email: defaultAccount.email })
    expect((await session.accessToken()).reveal()).toMatch(/^eyJ/)
    expect(lab.emulator.log).toEqual([])
  })

  it.each<[string, Record<string, string>, Partial<SignInOptions>]>([
    ['nobody is there', {}, { interactive: false }],
    ['it runs in CI, whatever the caller says', { CI: 'true' }, { interactive: true }],
  ])('fails at once when %s, and writes nothing', async (_, variables, options) => {
    const lab = await nodeLab(variables)
    const work = lab.signIn({ flow: 'auto', screen: nobody, ...options })
    expect(await caughtCode(work)).toBe('ERR_SIGN_IN_REQUIRED')
    expect(lab.emulator.log).toEqual([])
    expect(await lab.files()).toEqual([])
  })

  it('keeps a sign-in through status, refresh and sign-out', async () => {
    const lab = await nodeLab()
    const { session } = await lab.signIn()
    const authFile = join(lab.home, 'default/auth.json')
    expect(await session.status()).toMatchObject({ state: 'valid', email: defaultAccount.email, planType: 'plus' })
    const { tokens: before } = await readAuth(authFile)
    await session.refresh()
    const { tokens: after } = await readAuth(authFile)
    expect([
      after['access_token'] === before['access_token'],
      after['refresh_token'] === before['refresh_token'],
    ]).toEqual([false, false])
    await session.signOut()
    expect(await lab.files()).not.toContain('default/auth.json')
    expect(await session.status()).toMatchObject({ state: 'absent' })
    expect(states(lab)).toEqual(['revoked'])
  })

  it('opens the door that is asked for: a browser', async () => {
    const lab = await nodeLab()
    const opened: URL[] = []
    const stop = new AbortController()
    const signingIn = lab.signIn({
      flow: 'browser',
      callbackPort: 0,
      signal: stop.signal,
      openBrowser: async (url) => {
        opened.push(url)
        return { isOpened: true }
      },
      screen: { ...nobody, showBrowserUrl: () => stop.abort() },
    })
    expect(await caught(signingIn)).toBe(stop.signal.reason)
    expect(opened.map(({ pathname }) => pathname)).toEqual(['/oauth/authorize'])
  })
})

describe('a sign-in that comes to nothing', () => {
  const denied = (lab: NodeLab): Partial<SignInOptions> => ({
    screen: { showDeviceCode: ({ userCode }) => void lab.emulator.deny(userCode) },
  })
  const cancelled = (): Partial<SignInOptions> => {
    const stop = new AbortController()
    return { screen: { showDeviceCode: () => stop.abort() }, signal: stop.signal }
  }
  const another = (): Partial<SignInOptions> => ({ expect: { email: 'carol@example.test', mayReplace: true } })
  it.each([
    ['is denied', denied],
    ['is cancelled', cancelled],
    ['is of another account than was expected', another],
  ])('leaves everything as it was when it %s', async (_, toOptions) => {
    const lab = await nodeLab()
    await lab.signIn()
    const authFile = join(lab.home, 'default/auth.json')
    const before = await readFile(authFile, 'utf8')
    await caught(lab.signIn({ expect: { mayReplace: true }, ...toOptions(lab) }))
    expect(await readFile(authFile, 'utf8')).toBe(before)
    expect(openProfile({ environment: lab.environment }).storage).toEqual({ storage: 'file' })
    expect(states(lab)[0]).toBe('live')
    expect(states(lab).slice(1)).not.toContain('live')
  })

  it('is told before anybody is asked when somebody else is signed in than is expected', async () => {
    const lab = await nodeLab()
    await lab.signIn()
    const work = lab.signIn({ screen: nobody, expect: { email: bob.email } })
    expect(await caughtCode(work)).toBe('ERR_SIGN_IN_WRONG_ACCOUNT')
  })
})

describe('the environment of another process', () => {
  it('says where the sign-in is kept, and a relative folder starts where that process runs', async () => {
    const lab = await nodeLab()
    const cwd = join(lab.home, 'project')
    await mkdir(cwd, { recursive: true })
    const environment = { cwd, variables: { ...lab.environment.variables, PLANPASS_HOME: 'mine', CODEX_HOME: 'codex' } }
    await lab.signIn({ environment })
    expect(await readAuth(join(cwd, 'mine/default/auth.json'))).toMatchObject({ auth_mode: 'chatgpt' })
    expect(await openSession({ ...lab.common, environment }).status()).toMatchObject({ state: 'valid' })
    await lab.signIn({ environment, profile: 'shared', storage: 'codex' })
    expect(await readAuth(join(cwd, 'codex/auth.json'))).toMatchObject({ auth_mode: 'chatgpt' })
  })

  it('trusts the authorities that are named from there', async () => {
    const lab = await nodeLab({ CODEX_CA_CERTIFICATE: 'authorities.pem' })
    const environment = { ...lab.environment, cwd: join(lab.home, 'project') }
    const error = await caughtAuthError(lab.signIn({ environment, fetch: undefined }))
    expect(error.code).toBe('ERR_CONFIG_CA_BUNDLE')
    expect(error.message).toContain(join(environment.cwd, 'authorities.pem'))
  })

  it('says at whom to sign in', async () => {
    const lab = await nodeLab()
    const asked: string[] = []
    const fetch: typeof globalThis.fetch = (input, init) => {
      asked.push(new URL(input instanceof Request ? input.url : input).origin)
      return lab.emulator.fetch(input, init)
    }
    const { fetch: _, ...common } = lab.common
    await signIn({
      ...common,
      fetch,
      flow: 'device',
      screen: { showDeviceCode: ({ userCode }) => void lab.emulator.approve(userCode) },
    })
    expect(new Set(asked)).toEqual(new Set([new URL(lab.emulator.issuer).origin]))
  })
})
