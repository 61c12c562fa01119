import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createEmulator, type Emulator } from '../../src/testing/index.js'
import type { CommandLine } from '../support/cli-lab.js'
import type { CliResult } from '../support/cli-process.js'
import { withCommandLine } from '../support/cli-lab.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { signingKey } from '../support/signing-key.js'

interface Lab extends CommandLine {
  readonly emulator: Emulator
  /** Signs in as a person does whose browser is on this machine. */
  readonly login: (...argv: readonly string[]) => Promise<CliResult>
}

async function withLab(body: (lab: Lab) => Promise<void>): Promise<void> {
  const clock = createHurryingClock()
  const emulator = createEmulator({ clock, signingKey, autoApprove: true, advertises: 'siwc' })
  const listener = await emulator.listen()
  try {
    await withCommandLine({ target: listener.issuer, clock }, async (commandLine) => {
      const environment = { ...commandLine.environment, PLANPASS_API_URL: `${commandLine.issuer}/v1` }
      const run: CommandLine['run'] = (argv, options = {}) =>
        commandLine.run(argv, { ...options, environment: { ...environment, ...options.environment } })
      const login: Lab['login'] = async (...argv) => {
        const running = commandLine.start(
          ['login', '--browser', '--no-open', '--json', '--callback-port', '0', ...argv],
          {
            environment,
          },
        )
        await Promise.race([followLink(running).catch(() => undefined), running.finished])
        return running.finished
      }
      await body({ ...commandLine, emulator, run, login })
    })
  } finally {
    await listener.close()
  }
}

describe('the command line with --provider siwc', () => {
  beforeAll(() => signingKey.publicKeys())

  it('signs in, says so everywhere, asks, lists models and signs out, and keeps the registration', async () => {
    await withLab(async ({ emulator, login, run, home }) => {
      const signedIn = await login('--provider', 'siwc', '--app-name', 'Quill')
      expect(signedIn).toMatchObject({ exitCode: 0 })
      expect(signedIn.stdout).toContain('"provider":"siwc"')
      const folder = join(home, 'default')
      expect(JSON.parse(await readFile(join(folder, 'provider.json'), 'utf8'))).toEqual({
        provider: 'siwc',
        appName: 'Quill',
      })
      expect(JSON.parse(await readFile(join(folder, 'auth.json'), 'utf8'))).toMatchObject({ auth_mode: 'siwc' })

      expect(JSON.parse((await run(['status', '--json'])).stdout)).toMatchObject({
        signedIn: true,
        provider: 'siwc',
        mode: 'siwc',
        planUsage: 'enabled',
      })
      expect((await run(['status'])).stdout).toContain('Sign in with ChatGPT')
      expect(JSON.parse((await run(['models', '--json'])).stdout)).toMatchObject({ mode: 'siwc' })
      expect((await run(['ask', 'Hello'])).stdout).toBe('You said: Hello\n')
      expect((await run(['usage'])).stdout).toContain('https://chatgpt.com/settings/usage')
      expect(await run(['logout'])).toMatchObject({ exitCode: 0 })
      expect(await readdir(folder)).toContain('registration.json')

      expect(await login()).toMatchObject({ exitCode: 0 })
      expect(emulator.clients).toHaveLength(1)
      expect(emulator.clients[0]?.hostIds.size).toBe(1)
    })
  })

  it.each(['token', 'export --access-only', 'broker', 'codex exec hi'])(
    'hands no token to other programs: %s',
    async (argv) => {
      await withLab(async ({ login, run }) => {
        await login('--provider', 'siwc', '--app-name', 'Quill')
        const result = await run(argv.split(' '))
        expect(result.exitCode).not.toBe(0)
        expect(result.stderr).toContain('ERR_CONFIG_TERMS')
      })
    },
  )

  it('sends no token of the environment to where it does not belong', async () => {
    await withLab(async ({ login, run, emulator }) => {
      await login('--provider', 'siwc', '--app-name', 'Quill')
      emulator.clearLog()
      const result = await run(['ask', 'Hello', '--json'], { environment: { CODEX_ACCESS_TOKEN: 'at-somebody' } })
      expect(result.stdout).toContain('"mode":"siwc"')
      expect(emulator.counters.requests.whoami).toBe(0)
    })
  })

  it.each([
    [['--provider', 'siwc'], 'the name of your program'],
    [['--provider', 'other'], 'not a provider we know'],
    [['--enable-plan'], 'for --provider siwc'],
    [['--provider', 'siwc', '--app-name', 'Codex'], 'belongs to another product'],
    [['--provider', 'siwc', '--app-name', 'Quill', '--storage', 'codex'], 'not shared with the Codex CLI'],
  ])('refuses `login %j` before anybody is asked', async (argv, words) => {
    await withLab(async ({ run, emulator }) => {
      const result = await run(['login', ...argv])
      expect(result).toMatchObject({ exitCode: 2 })
      expect(result.stderr).toContain(words)
      expect(emulator.log).toEqual([])
    })
  })

  it('does not take the place of a sign-in through the other provider', async () => {
    await withLab(async ({ login, run, emulator }) => {
      await login('--provider', 'siwc', '--app-name', 'Quill')
      emulator.clearLog()
      const result = await run(['login', '--provider', 'codex', '--switch-account'])
      expect(result.stderr).toContain('another provider')
      expect(emulator.log).toEqual([])
    })
  })
})

/** Opens the link that the command line printed, as a browser would. */
async function followLink(running: ReturnType<CommandLine['start']>): Promise<void> {
  const [, url = ''] = await running.waitForOutput(/"event":"browser_url","url":"([^"]+)"/)
  const authorized = await fetch(url, { redirect: 'manual' })
  await fetch(authorized.headers.get('location') ?? '')
}
