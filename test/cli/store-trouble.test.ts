import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withCliLab, type CliLab } from '../support/cli-lab.js'
import { expectFailure } from '../support/expect-failure.js'

async function writeAuth({ authFile }: CliLab, text: string): Promise<void> {
  await mkdir(dirname(authFile), { recursive: true })
  await writeFile(authFile, text)
}

const damages = {
  'cut short': '{"auth_mode":"chatgpt","tokens":{"id_token":"eyJ',
  'no JSON': 'refresh_token: sk-not-to-be-shown',
  empty: '',
  'without an access token':
    '{"auth_mode":"chatgpt","tokens":{"id_token":"e30.e30.e30","refresh_token":"sk-not-to-be-shown"}}',
  'of a mode nobody knows': '{"auth_mode":"telepathy"}',
} as const

describe('an auth.json that is damaged', () => {
  it.each(Object.entries(damages))('is kept as it is and copied when it is %s', async (_, text) => {
    await withCliLab({}, async (lab) => {
      await writeAuth(lab, text)
      const result = await lab.run(['status'])
      expectFailure(result, 4, 'ERR_STORE_CORRUPT')
      expect(result.stderr).not.toContain('sk-not-to-be-shown')
      const [, copy = ''] = /copied to (\S+)\.\n/.exec(result.stderr) ?? []
      expect(await readFile(lab.authFile, 'utf8')).toBe(text)
      expect(await readFile(copy, 'utf8')).toBe(text)
      expect(dirname(copy)).toBe(dirname(lab.authFile))
    })
  })

  it.each([['token'], ['refresh'], ['logout'], ['models'], ['usage'], ['ask', 'hi']])(
    'stops planpass %s with 4 before anybody is asked',
    async (...argv) => {
      await withCliLab({}, async (lab) => {
        await writeAuth(lab, damages['cut short'])
        expectFailure(await lab.run(argv), 4, 'ERR_STORE_CORRUPT')
        expect(lab.emulator.log).toEqual([])
      })
    },
  )

  it('is replaced by a login, and its copy stays', async () => {
    await withCliLab({}, async (lab) => {
      await writeAuth(lab, damages['cut short'])
      await lab.signIn()
      expect(await lab.run(['status'])).toMatchObject({ exitCode: 0, stderr: '' })
      const copies = (await readdir(dirname(lab.authFile))).filter((name) => name.startsWith('auth.json.corrupt-'))
      expect(copies).toHaveLength(1)
      expect(await readFile(join(dirname(lab.authFile), copies[0] ?? ''), 'utf8')).toBe(damages['cut short'])
    })
  })
})

describe('an auth.json that cannot be read', () => {
  it.each([['status'], ['token'], ['models'], ['logout']])('stops planpass %s with 4', async (...argv) => {
    await withCliLab({}, async (lab) => {
      await mkdir(lab.authFile, { recursive: true })
      const result = await lab.run(argv)
      expectFailure(result, 4, 'ERR_STORE_READ')
      expect(result.stderr).toContain(lab.authFile)
    })
  })
})

describe('a folder that cannot be written', () => {
  it('stops a login with 4, before anybody is asked for anything', async () => {
    await withCliLab({}, async (lab) => {
      await writeFile(join(lab.home, 'default'), 'a file where the profile should be')
      expectFailure(await lab.run(['login', '--device']), 4, 'ERR_STORE_READ')
      expect(lab.emulator.log).toEqual([])
    })
  })
})

describe("another tool's credential", () => {
  it('is shown, refused, and left as it is', async () => {
    await withCliLab({}, async (lab) => {
      const text = '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-not-to-be-shown"}'
      await writeAuth(lab, text)
      const status = await lab.run(['status'])
      expect(status).toMatchObject({ exitCode: 3, stderr: '' })
      expect(status.stdout).toContain('a credential of the kind "apikey"')
      for (const argv of [['token'], ['refresh'], ['logout'], ['ask', 'hi']])
        expectFailure(await lab.run(argv), 3, 'ERR_TOKEN_UNSUPPORTED_MODE')
      expect(await readFile(lab.authFile, 'utf8')).toBe(text)
      expect(lab.emulator.log).toEqual([])
    })
  })
})
