import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createAgent, openAgent } from '../../src/agent/index.js'
import { createConsoleSignIn } from '../../src/cli/serve/gateway-profiles.js'
import { createMemoryStore, createMemoryVerdicts } from '../../src/core/index.js'
import { createMemoryCache } from '../support/cache.js'
import { caughtCode } from '../support/caught.js'
import { expectFailure } from '../support/expect-failure.js'
import { createFakeHost } from '../support/fake-host.js'
import { signingKey } from '../support/signing-key.js'
import { siwcLab } from './siwc-lab.js'
import { withSiwcCommandLine as withLab } from './siwc-command-line.js'

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
      expect((await run(['profiles'])).stdout).toContain('* default  siwc      ada@example.test')
      expect((await run(['doctor'])).stdout.replaceAll(/\s+/g, ' ')).toContain('a sign-in begins in a browser')
      expect((await run(['usage'])).stdout).toContain('https://chatgpt.com/settings/usage')
      emulator.faults.add({ endpoint: 'revoke', status: 503, times: 3 })
      const signedOut = await run(['logout'])
      expect(signedOut).toMatchObject({ exitCode: 0 })
      expect(signedOut.stderr).toContain('disconnect the program in ChatGPT')
      expect(await readdir(folder)).toContain('registration.json')

      expect(await login()).toMatchObject({ exitCode: 0 })
      expect(emulator.clients).toHaveLength(1)
      expect(emulator.clients[0]?.hostIds.size).toBe(1)
    })
  })

  it('hands nothing to other programs, and says why before anything is opened', async () => {
    await withLab(async ({ login, run, emulator, home }) => {
      await login('--provider', 'siwc', '--app-name', 'Quill')
      emulator.clearLog()
      const serving = ['serve --port 0', 'serve --port 0 --detach', 'serve install']
      for (const argv of ['token', 'token --verify', 'export --access-only', 'broker', 'codex exec hi', ...serving]) {
        const result = await run(argv.split(' '))
        expect({ argv, ...result }).toMatchObject({ exitCode: 2, stdout: '' })
        expect(result.stderr).toContain('allow the connected program only, and no general-purpose API access')
        expect(result.stderr).toContain('ERR_CONFIG_TERMS')
      }
      expect(emulator.log).toEqual([])
      expect(await readdir(home)).not.toContain('.gateway')
    })
  })

  it('is not for agents, which would show a device code: none is asked for', async () => {
    await withLab(async ({ run, login, emulator, environment, home }) => {
      await login('--provider', 'siwc', '--app-name', 'Quill')
      await run(['forget'])
      emulator.clearLog()
      const { exitCode, stdout } = await run(['skill', 'start'])
      expect(exitCode).toBe(3)
      expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: expect.stringContaining('another kind') })
      expectFailure(await run(['mcp']), 2, 'ERR_CONFIG_TERMS')
      expect(await caughtCode(() => openAgent({ environment: { variables: environment } }))).toBe('ERR_CONFIG_TERMS')
      const { provider } = siwcLab()
      const parts = {
        folder: home,
        store: createMemoryStore(),
        verdicts: createMemoryVerdicts(),
        cache: createMemoryCache(),
      }
      const agent = createAgent({ ...parts, provider, fetch: emulator.fetch })
      expect(await agent.start()).toMatchObject({ status: 'error', reason: 'ERR_CONFIG_TERMS' })
      expect(emulator.log).toEqual([])
    })
  })

  it('lets nobody sign in to it from the console of a gateway', async () => {
    await withLab(async ({ login, environment, emulator }) => {
      await login('--provider', 'siwc', '--app-name', 'Quill')
      emulator.clearLog()
      const options = { text: () => undefined, isSet: () => false }
      const signIn = createConsoleSignIn({ host: createFakeHost({ environment }), arguments: [], options })
      const { signal } = new AbortController()
      const order = { profile: 'default', switchAccount: true, showDeviceCode: () => {}, signal }
      expect(await caughtCode(signIn(order))).toBe('ERR_CONFIG_TERMS')
      expect(emulator.log).toEqual([])
    })
  })

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
    [['--provider', 'siwc', '--app-name', 'Quill', '--workspace', 'ws-1'], 'does not tell which workspace'],
  ])('refuses `login %j` before anybody is asked', async (argv, words) => {
    await withLab(async ({ run, emulator }) => {
      const result = await run(['login', ...argv])
      expect(result).toMatchObject({ exitCode: 2 })
      expect(result.stderr).toContain(words)
      expect(emulator.log).toEqual([])
    })
  })

  it('falls back on no other provider when the choice cannot be read', async () => {
    await withLab(async ({ login, run, emulator, home }) => {
      await login('--provider', 'siwc', '--app-name', 'Quill')
      emulator.clearLog()
      for (const text of ['', '{}', '{"provider":"siwc"}', '{"provider":"other"}']) {
        await writeFile(join(home, 'default/provider.json'), text)
        for (const argv of ['status', 'ask Hello', 'login', 'token', 'logout', 'skill status']) {
          const { exitCode, stdout, stderr } = await run(argv.split(' '))
          expect({ argv, isRefused: exitCode !== 0, output: stdout + stderr }).toMatchObject({ isRefused: true })
        }
      }
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
