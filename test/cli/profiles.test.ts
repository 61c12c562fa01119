import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { defaultAccount } from '../../src/testing/index.js'
import { parseLines, printedUserCode, withCliLab, type CliLab } from '../support/cli-lab.js'
import { expectFailure } from '../support/expect-failure.js'

const adaAtWork = { ...defaultAccount, accountId: 'account-of-work', planType: 'team' }
const accounts = [defaultAccount, adaAtWork]

async function readJson(lab: CliLab, argv: readonly string[]) {
  const { exitCode, stdout } = await lab.run([...argv, '--json'])
  return { exitCode, json: parseLines(stdout)[0] }
}

/** Signs in to the profile `shelf`, which is kept in that storage. */
async function signInTo(lab: CliLab, storage: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const login = lab.start(['login', '--device', '--json', '--profile', 'shelf', '--storage', storage], { environment })
  const [, userCode = ''] = await login.waitForOutput(printedUserCode)
  lab.emulator.approve(userCode)
  expect(await login.finished).toMatchObject({ exitCode: 0 })
}

/** Signed in as one person in two workspaces, in profiles of their own. */
async function withTwoProfiles(body: (lab: CliLab) => Promise<void>): Promise<void> {
  await withCliLab({ accounts }, async (lab) => {
    await lab.signIn(defaultAccount)
    await lab.signIn(adaAtWork, 'work')
    lab.emulator.clearLog()
    await body(lab)
  })
}

describe('planpass profiles', () => {
  it('lists every profile, and asks nobody', async () => {
    await withTwoProfiles(async (lab) => {
      const { exitCode, json } = await readJson(lab, ['profiles'])
      expect(exitCode).toBe(0)
      expect(json).toMatchObject({
        default: 'default',
        profiles: [
          { name: 'default', isDefault: true, state: 'valid', accountId: 'account-emulated-1', planType: 'plus' },
          { name: 'work', isDefault: false, state: 'valid', accountId: 'account-of-work', email: 'ada@example.test' },
        ],
      })
      expect(lab.emulator.log).toEqual([])
    })
  })

  it('marks the default in a table without trailing blanks', async () => {
    await withTwoProfiles(async (lab) => {
      const { stdout } = await lab.run(['profiles'])
      expect(stdout.split('\n')).toEqual([
        '  profile  provider  account           plan  workspace           state',
        '* default  codex     ada@example.test  plus  account-emulated-1  valid',
        '  work     codex     ada@example.test  team  account-of-work     valid',
        '',
      ])
    })
  })

  it('says that there is none yet', async () => {
    await withCliLab({}, async (lab) => {
      const { exitCode, stdout, stderr } = await lab.run(['profiles'])
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' })
      expect(stderr).toContain('planpass login')
      expect(await readdir(lab.home)).toEqual([])
    })
  })

  it('shows a damaged, a foreign and a signed-out profile beside the good ones', async () => {
    await withTwoProfiles(async (lab) => {
      await lab.run(['logout', '--profile', 'work'])
      for (const [name, text] of [
        ['broken', '{'],
        ['key', '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-x"}'],
      ] as const) {
        await mkdir(join(lab.home, name))
        await writeFile(join(lab.home, name, 'auth.json'), text)
      }
      await mkdir(join(lab.home, 'somebody-elses'))
      const { json } = await readJson(lab, ['profiles'])
      expect(json?.['profiles']).toMatchObject([
        { name: 'broken', state: 'unreadable', reason: 'ERR_STORE_CORRUPT' },
        { name: 'default', state: 'valid' },
        { name: 'key', state: 'unsupported' },
        { name: 'work', state: 'absent' },
      ])
      const { stdout } = await lab.run(['profiles'])
      expect(stdout).toContain('cannot be read (ERR_STORE_CORRUPT)')
      expect(stdout).toContain('signed out')
      expect(stdout).toContain('another kind of credential (apikey)')
    })
  })
})

describe('planpass use', () => {
  it('remembers the default profile, which --profile wins over', async () => {
    await withTwoProfiles(async (lab) => {
      expect(await lab.run(['use', 'work'])).toMatchObject({ exitCode: 0, stdout: '' })
      expect((await readJson(lab, ['status'])).json).toMatchObject({ accountId: 'account-of-work' })
      const named = await readJson(lab, ['status', '--profile', 'default'])
      expect(named.json).toMatchObject({ accountId: 'account-emulated-1' })
    })
  })

  it.skipIf(process.platform === 'win32')('keeps the choice in a file of its owner alone', async () => {
    await withTwoProfiles(async (lab) => {
      await lab.run(['use', 'work'])
      const path = join(lab.home, 'config.json')
      expect((await stat(path)).mode & 0o777).toBe(0o600)
      expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ profile: 'work' })
    })
  })

  it('refuses a profile that does not exist', async () => {
    await withTwoProfiles(async (lab) => {
      expectFailure(await lab.run(['use', 'wrok']), 2, 'ERR_CONFIG_USAGE')
      expect((await readJson(lab, ['profiles'])).json).toMatchObject({ default: 'default' })
    })
  })

  it.each([['use'], ['use', 'a', 'b'], ['rename', 'a'], ['remove'], ['use', '../etc'], ['use', 'Config.json']])(
    'refuses the wrong arguments: %s',
    async (...argv) => {
      await withCliLab({}, async (lab) => expectFailure(await lab.run(argv), 2, 'ERR_CONFIG_USAGE'))
    },
  )

  it.each(['{', '{}', '{"profile":"../../etc"}', '{"profile":7}'])(
    'is an error, and no reason to use another account, when its file holds %s',
    async (text) => {
      await withTwoProfiles(async (lab) => {
        await writeFile(join(lab.home, 'config.json'), text)
        expectFailure(await lab.run(['status']), 2, 'ERR_CONFIG_USAGE')
        expect(await lab.run(['status', '--profile', 'work'])).toMatchObject({ exitCode: 0 })
        expect(await lab.run(['use', 'work'])).toMatchObject({ exitCode: 0 })
        expect(await lab.run(['status'])).toMatchObject({ exitCode: 0 })
      })
    },
  )
})

describe('planpass rename', () => {
  it('takes the sign-in and the choice of the default along', async () => {
    await withTwoProfiles(async (lab) => {
      await lab.run(['use', 'work'])
      const { exitCode, json } = await readJson(lab, ['rename', 'work', 'team'])
      expect({ exitCode, json }).toEqual({ exitCode: 0, json: { from: 'work', to: 'team', isDefault: true } })
      expect((await readJson(lab, ['status'])).json).toMatchObject({ accountId: 'account-of-work' })
      expect(await lab.run(['refresh'])).toMatchObject({ exitCode: 0 })
      expect(existsSync(join(lab.home, 'work'))).toBe(false)
    })
  })

  it.each([
    ['a profile that does not exist', ['rename', 'nobody', 'team']],
    ['a name that is taken', ['rename', 'work', 'default']],
    ['a name that is no word', ['rename', 'work', 'a/b']],
  ])('refuses %s, and changes nothing', async (_, argv) => {
    await withTwoProfiles(async (lab) => {
      expectFailure(await lab.run(argv), 2, 'ERR_CONFIG_USAGE')
      expect((await readJson(lab, ['profiles'])).json?.['profiles']).toHaveLength(2)
    })
  })
})

describe('planpass remove', () => {
  it('refuses while somebody is signed in, and says what to do', async () => {
    await withTwoProfiles(async (lab) => {
      const result = await lab.run(['remove', 'work'])
      expectFailure(result, 2, 'ERR_CONFIG_USAGE')
      expect(result.stderr).toContain('planpass logout --profile work')
      expect(result.stderr).toContain('--forget')
      expect(await lab.run(['status', '--profile', 'work'])).toMatchObject({ exitCode: 0 })
    })
  })

  it('forgets the sign-in with --forget, asks nobody, and says that the server was not asked', async () => {
    await withTwoProfiles(async (lab) => {
      await lab.run(['use', 'work'])
      const { exitCode, stderr } = await lab.run(['remove', 'work', '--forget'])
      expect(exitCode).toBe(0)
      expect(stderr).toContain('not ended at the server')
      expect(existsSync(join(lab.home, 'work'))).toBe(false)
      expect(lab.emulator.log).toEqual([])
      expect((await readJson(lab, ['profiles'])).json).toMatchObject({ default: 'default', profiles: [{}] })
    })
  })

  it('needs no --forget after a logout', async () => {
    await withTwoProfiles(async (lab) => {
      await lab.run(['logout', '--profile', 'work'])
      const { exitCode, json } = await readJson(lab, ['remove', 'work'])
      expect({ exitCode, json }).toEqual({
        exitCode: 0,
        json: { profile: 'work', forgotten: false, folderKept: false, default: 'default' },
      })
      expect(existsSync(join(lab.home, 'work'))).toBe(false)
    })
  })

  it('leaves what is not its own: the folder may be a CODEX_HOME', async () => {
    await withTwoProfiles(async (lab) => {
      await writeFile(join(lab.home, 'work/config.toml'), 'model = "x"')
      const { json } = await readJson(lab, ['remove', 'work', '--forget'])
      expect(json).toMatchObject({ forgotten: true, folderKept: true })
      expect(await readdir(join(lab.home, 'work'))).toEqual(['config.toml'])
      expect((await readJson(lab, ['profiles'])).json?.['profiles']).toHaveLength(1)
    })
  })

  it('removes a damaged sign-in with --forget only', async () => {
    await withTwoProfiles(async (lab) => {
      await writeFile(join(lab.home, 'work/auth.json'), '{')
      expectFailure(await lab.run(['remove', 'work']), 2, 'ERR_CONFIG_USAGE')
      expect(await lab.run(['remove', 'work', '--forget'])).toMatchObject({ exitCode: 0 })
      expect(existsSync(join(lab.home, 'work'))).toBe(false)
    })
  })

  it('removes an encrypted sign-in whose passphrase is lost with --forget only', async () => {
    await withCliLab({}, async (lab) => {
      const environment = { PLANPASS_PASSPHRASE: 'correct horse battery staple' }
      await lab.signIn()
      await signInTo(lab, 'encrypted', environment)
      expectFailure(await lab.run(['remove', 'shelf']), 2, 'ERR_CONFIG_USAGE')
      expect(await lab.run(['remove', 'shelf', '--forget'])).toMatchObject({ exitCode: 0 })
      expect(existsSync(join(lab.home, 'shelf'))).toBe(false)
    })
  })

  it('leaves the Codex CLI signed in, whose sign-in the profile shares, and says so', async () => {
    await withCliLab({}, async (lab) => {
      const environment = { CODEX_HOME: join(lab.home, '.codex-cli') }
      const path = join(environment.CODEX_HOME, 'auth.json')
      await signInTo(lab, 'codex', environment)
      const before = await readFile(path, 'utf8')
      const { exitCode, stderr } = await lab.run(['remove', 'shelf', '--forget'], { environment })
      expect({ exitCode, stderr }).toEqual({
        exitCode: 0,
        stderr: `Removed the profile \`shelf\`. Its sign-in is the Codex CLI's as well, and stays in ${path}.\n`,
      })
      expect(await readFile(path, 'utf8')).toBe(before)
      expect(existsSync(join(lab.home, 'shelf'))).toBe(false)
    })
  })

  it("never removes another tool's credential", async () => {
    await withCliLab({}, async (lab) => {
      await mkdir(join(lab.home, 'key'))
      const path = join(lab.home, 'key/auth.json')
      await writeFile(path, '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-x"}')
      expectFailure(await lab.run(['remove', 'key', '--forget']), 3, 'ERR_TOKEN_UNSUPPORTED_MODE')
      expect(existsSync(path)).toBe(true)
    })
  })
})
