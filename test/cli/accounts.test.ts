import { describe, expect, it } from 'vitest'
import { defaultAccount, type EmulatedAccount } from '../../src/testing/index.js'
import { parseLines, printedUserCode, withCliLab, type CliLab } from '../support/cli-lab.js'

const adaAtWork = { ...defaultAccount, accountId: 'account-of-work', planType: 'team' }
const grace = { ...adaAtWork, userId: 'user-grace', email: 'grace@example.test' }
const accounts = [defaultAccount, adaAtWork, grace]

async function signIn(lab: CliLab, account: EmulatedAccount, ...options: string[]) {
  const login = lab.start(['login', '--device', '--json', ...options])
  const [, userCode = ''] = await login.waitForOutput(printedUserCode)
  lab.emulator.approve(userCode, account)
  const { exitCode, stdout, stderr } = await login.finished
  return { exitCode, last: parseLines(stdout).at(-1), stderr }
}

describe('planpass login over a sign-in', () => {
  it('renews the same account without a question', async () => {
    await withCliLab({ accounts }, async (lab) => {
      await lab.signIn(defaultAccount)
      const before = await lab.readAuth()
      expect(await signIn(lab, defaultAccount)).toMatchObject({ exitCode: 0, stderr: '' })
      expect((await lab.readAuth()).tokens['refresh_token']).not.toBe(before.tokens['refresh_token'])
    })
  })

  it.each([
    ['the same e-mail in another workspace', adaAtWork],
    ['another person', grace],
  ])('refuses %s, revokes it, and keeps the old one alive', async (_, account) => {
    await withCliLab({ accounts }, async (lab) => {
      await lab.signIn(defaultAccount)
      const before = await lab.readAuth()
      const { exitCode, last, stderr } = await signIn(lab, account)
      expect(exitCode).toBe(3)
      expect(last).toMatchObject({ event: 'failed', code: 'ERR_SIGN_IN_WRONG_ACCOUNT' })
      expect(stderr).toContain('--switch-account')
      expect(await lab.readAuth()).toEqual(before)
      expect(lab.emulator.sessions.map(({ state }) => state)).toEqual(['live', 'revoked'])
      expect(await lab.run(['refresh'])).toMatchObject({ exitCode: 0 })
    })
  })

  it('replaces it with --switch-account', async () => {
    await withCliLab({ accounts }, async (lab) => {
      await lab.signIn(defaultAccount)
      expect(await signIn(lab, grace, '--switch-account')).toMatchObject({
        exitCode: 0,
        last: { event: 'signed_in', account: { email: 'grace@example.test' } },
      })
    })
  })
})

describe('planpass login that expects somebody', () => {
  it.each([
    [['--expect-email', 'ADA@example.test'], defaultAccount],
    [['--expect-workspace', 'account-of-work'], adaAtWork],
  ])('lets them in: %j', async (options, account) => {
    await withCliLab({ accounts }, async (lab) => {
      expect(await signIn(lab, account, ...options)).toMatchObject({ exitCode: 0 })
    })
  })

  it.each([
    [['--expect-email', 'ada@example.test'], grace],
    [['--expect-workspace', 'account-emulated-1'], adaAtWork],
  ])('stores nobody else, not even into an empty profile: %j', async (options, account) => {
    await withCliLab({ accounts }, async (lab) => {
      const { exitCode, last } = await signIn(lab, account, ...options)
      expect({ exitCode, last }).toMatchObject({ exitCode: 3, last: { code: 'ERR_SIGN_IN_WRONG_ACCOUNT' } })
      expect(await lab.run(['status'])).toMatchObject({ exitCode: 3 })
      expect(lab.emulator.sessions.map(({ state }) => state)).toEqual(['revoked'])
    })
  })

  it('is not talked out of it by --switch-account', async () => {
    await withCliLab({ accounts }, async (lab) => {
      const options = ['--switch-account', '--expect-workspace', 'account-emulated-1']
      expect(await signIn(lab, adaAtWork, ...options)).toMatchObject({ exitCode: 3 })
    })
  })
})
