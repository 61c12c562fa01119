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
  it('says who is signed in and asks nobody', async () => {
    await withCliLab({ accounts }, async (lab) => {
      await lab.signIn(defaultAccount)
      const before = await lab.readAuth()
      const result = await lab.run(['login'], { columns: 80 })
      expect(result).toMatchObject({ exitCode: 0, stdout: '' })
      expect(result.stderr).toMatch(/^Already signed in as ada@example\.test \(plus\)\. .*--switch-account/)
      const program = await lab.run(['login', '--device', '--json'])
      expect(parseLines(program.stdout)).toMatchObject([{ event: 'already_signed_in', flow: 'stored' }])
      expect(await lab.readAuth()).toEqual(before)
      expect(lab.emulator.sessions).toHaveLength(1)
    })
  })

  it.each([
    ['the same e-mail in another workspace', ['--workspace', 'account-of-work']],
    ['another person', ['--expect-email', 'grace@example.test']],
  ])('refuses at once when %s is expected', async (_, options) => {
    await withCliLab({ accounts }, async (lab) => {
      await lab.signIn(defaultAccount)
      const { exitCode, stdout, stderr } = await lab.run(['login', '--device', '--json', ...options])
      expect(exitCode).toBe(3)
      expect(parseLines(stdout)).toMatchObject([{ event: 'failed', code: 'ERR_SIGN_IN_WRONG_ACCOUNT' }])
      expect(stderr).toContain('--switch-account')
      expect(await lab.run(['refresh'])).toMatchObject({ exitCode: 0 })
    })
  })

  it('asks again, without --switch-account, once the old one has come to its end', async () => {
    await withCliLab({ accounts }, async (lab) => {
      await lab.signIn(defaultAccount)
      lab.emulator.expireRefreshTokens()
      await lab.run(['refresh'])
      expect(await signIn(lab, defaultAccount)).toMatchObject({ exitCode: 0, stderr: '' })
      expect(await lab.run(['refresh'])).toMatchObject({ exitCode: 0 })
    })
  })

  it.each([
    ['the same e-mail in another workspace', adaAtWork],
    ['another person', grace],
  ])('refuses %s even then, and revokes what nobody will have', async (_, account) => {
    await withCliLab({ accounts }, async (lab) => {
      await lab.signIn(defaultAccount)
      lab.emulator.expireRefreshTokens()
      await lab.run(['refresh'])
      const before = await lab.readAuth()
      const { exitCode, last, stderr } = await signIn(lab, account)
      expect(exitCode).toBe(3)
      expect(last).toMatchObject({ event: 'failed', code: 'ERR_SIGN_IN_WRONG_ACCOUNT' })
      expect(stderr).toContain('--switch-account')
      expect(await lab.readAuth()).toEqual(before)
      expect(lab.emulator.sessions.at(-1)).toMatchObject({ state: 'revoked' })
    })
  })

  it('ends the session that it replaces, once the new one is stored', async () => {
    await withCliLab({ accounts }, async (lab) => {
      await lab.signIn(defaultAccount)
      expect(await signIn(lab, defaultAccount, '--switch-account')).toMatchObject({ exitCode: 0 })
      expect(lab.emulator.sessions.map(({ state }) => state)).toEqual(['revoked', 'live'])
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
    [['--workspace', 'account-of-work'], adaAtWork],
  ])('lets them in: %j', async (options, account) => {
    await withCliLab({ accounts }, async (lab) => {
      expect(await signIn(lab, account, ...options)).toMatchObject({ exitCode: 0 })
    })
  })

  it.each([
    [['--expect-email', 'ada@example.test'], grace],
    [['--workspace', 'account-emulated-1'], adaAtWork],
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
      const options = ['--switch-account', '--workspace', 'account-emulated-1']
      expect(await signIn(lab, adaAtWork, ...options)).toMatchObject({ exitCode: 3 })
    })
  })
})
