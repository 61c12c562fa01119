import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parseLines, withCliLab } from '../support/cli-lab.js'
import { expectFailure } from '../support/expect-failure.js'

const apiKey = 'sk-not-a-key-of-anybody'

describe('planpass login --with-api-key', () => {
  it('stores the key as Codex does, and says that planpass itself does not use it', async () => {
    await withCliLab({}, async (lab) => {
      const result = await lab.run(['login', '--with-api-key'], { stdin: `${apiKey}\n` })
      expect(result).toMatchObject({ exitCode: 0, stdout: '' })
      expect(result.stderr).toContain('uses plans only')
      expect(JSON.parse(await readFile(lab.authFile, 'utf8'))).toEqual({ auth_mode: 'apikey', OPENAI_API_KEY: apiKey })
      expectFailure(await lab.run(['token']), 3, 'ERR_TOKEN_UNSUPPORTED_MODE')
      expect(result.stderr).not.toContain(apiKey)
    })
  })

  it('replaces no sign-in unless asked to, and then ends it at the server', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      expectFailure(await lab.run(['login', '--with-api-key'], { stdin: apiKey }), 2, 'ERR_CONFIG_USAGE')
      expect((await lab.readAuth()).auth_mode).toBe('chatgpt')
      const options = ['login', '--with-api-key', '--switch-account', '--json']
      const { stdout } = await lab.run(options, { stdin: apiKey })
      expect(parseLines(stdout)).toEqual([{ event: 'stored', mode: 'apikey' }])
      expect(lab.emulator.sessions.map(({ state }) => state)).toEqual(['revoked'])
    })
  })

  it.each([
    ['nothing', ''],
    ['two words', 'sk-one sk-two'],
  ])('refuses %s on stdin', async (_, stdin) => {
    await withCliLab({}, async (lab) => {
      expectFailure(await lab.run(['login', '--with-api-key'], { stdin }), 2, 'ERR_CONFIG_USAGE')
    })
  })
})

describe('planpass login --with-access-token', () => {
  it('asks whose the token is, stores it as Codex does, and asks the backend with it', async () => {
    await withCliLab({}, async (lab) => {
      const token = lab.emulator.issuePersonalAccessToken()
      const result = await lab.run(['login', '--with-access-token'], { stdin: token })
      expect(result).toMatchObject({ exitCode: 0 })
      expect(result.stderr).toContain('Signed in as ada@example.test, with a personal access token.')
      expect(JSON.parse(await readFile(lab.authFile, 'utf8'))).toEqual({ personal_access_token: token })
      const status = await lab.run(['status'])
      expect(status.exitCode).toBe(0)
      expect(status.stdout).toContain('personal access token')
      const asked = await lab.run(['ask', 'Why?', '--json'])
      expect(parseLines(asked.stdout).at(-1)).toMatchObject({ event: 'completed', mode: 'personalAccessToken' })
    })
  })

  it('stores no token that the server refuses, or that is for another workspace', async () => {
    await withCliLab({}, async (lab) => {
      const refused = await lab.run(['login', '--with-access-token'], { stdin: 'at-of-nobody' })
      expectFailure(refused, 6, 'ERR_UPSTREAM_UNAUTHORIZED')
      const token = lab.emulator.issuePersonalAccessToken()
      const options = ['login', '--with-access-token', '--workspace', 'account-of-work']
      expectFailure(await lab.run(options, { stdin: token }), 3, 'ERR_SIGN_IN_WRONG_ACCOUNT')
      expectFailure(
        await lab.run(['login', '--with-access-token'], { stdin: 'sk-no' }),
        3,
        'ERR_TOKEN_UNSUPPORTED_MODE',
      )
      expect(await lab.run(['status'])).toMatchObject({ exitCode: 3 })
    })
  })
})
