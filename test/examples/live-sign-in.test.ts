// oxlint-disable-next-line typescript/triple-slash-reference -- it runs in a process of its own, and the compiler is to look at it, too
/// <reference path="../../examples/live-sign-in.ts" />
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { transform } from 'esbuild'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createEmulator, type Emulator, type EmulatorOptions } from '../../src/testing/index.js'
import { environmentFor, findCodexBinary } from '../interop/codex-binary.js'
import { withCodexLab } from '../interop/codex-lab.js'
import { packageFolder } from '../packaging/manifest.js'
import { signingKey } from '../support/signing-key.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { createTranscript } from '../support/transcript.js'

let program = ''

beforeAll(async () => {
  const source = await readFile(join(packageFolder, 'examples/live-sign-in.ts'), 'utf8')
  program = (await transform(source, { loader: 'ts', format: 'esm' })).code
})

/** The example as a process of its own, whose homes are made in a folder of the test's. */
async function openLab(options: EmulatorOptions = {}) {
  const emulator = createEmulator({
    deviceIntervalSeconds: 1,
    signingKey,
    rulesOff: ['redirect-uri-registered'],
    ...options,
  })
  const listener = await emulator.listen()
  onTestFinished(() => listener.close())
  const services = { PLANPASS_ISSUER: listener.issuer, PLANPASS_BACKEND_URL: listener.backendUrl }
  const temporary = await temporaryFolder()
  return {
    emulator,
    /** What is left of temporary homes. */
    homes: () => readdir(temporary),
    start: (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
      start(args, { ...services, TMPDIR: temporary, TEMP: temporary, BROWSER: 'none', ...environment }),
  }
}

function start(args: readonly string[], environment: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, '--', ...args], {
    cwd: packageFolder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const transcript = createTranscript()
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => transcript.write(stream, text))
  const finish = async () => {
    const [exitCode] = (await once(child, 'close')) as [number | null]
    transcript.end()
    return { exitCode, stdout: transcript.stdout, stderr: transcript.stderr }
  }
  return { finished: finish(), waitForOutput: transcript.waitFor, interrupt: () => void child.kill('SIGINT') }
}

type Running = ReturnType<typeof start>

async function enterCode({ waitForOutput }: Running, emulator: Emulator): Promise<void> {
  const [, userCode = ''] = await waitForOutput(/^enter: (\S+)$/m)
  emulator.approve(userCode)
}

/** What a browser does with the address that was printed. */
async function approve({ waitForOutput }: Running): Promise<URL> {
  const [, text = ''] = await waitForOutput(/^open(?:ed)?: (\S+\/oauth\/authorize\S+)$/m)
  const body = new URLSearchParams({ decision: 'approve' })
  const page = await fetch(text, { method: 'POST', body })
  expect(await page.text()).toContain('You are signed in')
  return new URL(text)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const skipped = 'SKIPPED: no sign-in was found. To sign in, run this with --interactive.\n'

describe('the live example', () => {
  it('says its status and is skipped where nobody is signed in', async () => {
    const { start: run, homes, emulator } = await openLab()
    const { exitCode, stdout, stderr } = await run([]).finished
    expect(stdout).toMatch(/^status: absent \(.+auth\.json\)\n/)
    expect(stdout.endsWith(skipped)).toBe(true)
    expect({ exitCode, stderr, homes: await homes(), log: emulator.log }).toEqual({
      exitCode: 0,
      stderr: '',
      homes: [],
      log: [],
    })
  })

  it('signs in with a device code, refreshes, and deletes its home', async () => {
    const { start: run, homes, emulator } = await openLab()
    const example = run(['--interactive', '--device'])
    await enterCode(example, emulator)
    const { exitCode, stdout, stderr } = await example.finished
    expect(stdout).toMatch(/^status: absent/)
    expect(stdout).toContain('signed in: ada@example.test (plus), by device, kept in: file\n')
    expect(stdout).toMatch(/^refresh: good until 2\d{3}-/m)
    expect({ exitCode, stderr, homes: await homes() }).toEqual({ exitCode: 0, stderr: '', homes: [] })
    expect(emulator.sessions.map(({ state }) => state)).toEqual(['revoked'])
  })

  it('opens a browser with --browser', async () => {
    const { start: run, emulator } = await openLab()
    const folder = await temporaryFolder()
    const [browser, seen] = [join(folder, 'browser'), join(folder, 'seen')]
    await writeFile(browser, `#!/bin/sh\nprintf %s "$1" > '${seen}'\n`)
    await chmod(browser, 0o700)
    const example = run(['--interactive', '--browser', '--callback-port', '0'], {
      BROWSER: browser,
      PATH: '/usr/bin:/bin',
    })
    const url = await approve(example)
    expect((await example.finished).stdout).toContain('by browser')
    expect(await readFile(seen, 'utf8')).toBe(url.href)
    expect(emulator.counters.requests['device-user-code']).toBe(0)
  })

  it('prints the address alone with --no-browser', async () => {
    const { start: run } = await openLab()
    const folder = await temporaryFolder()
    const example = run(['--interactive', '--no-browser', '--callback-port=0'], {
      BROWSER: join(folder, 'none-is-started'),
    })
    await approve(example)
    const { exitCode, stdout } = await example.finished
    expect(stdout).toMatch(/^open: http/m)
    expect(exitCode).toBe(0)
  })

  it.each([
    ['--callback-port=N', (port: number) => [`--callback-port=${port}`]],
    ['--callback-port N', (port: number) => ['--callback-port', String(port)]],
  ])('comes back to the port of %s', async (_, toArgs) => {
    const { start: run } = await openLab()
    const port = await freePort()
    const example = run(['--interactive', '--no-browser', ...toArgs(port)])
    const url = await approve(example)
    expect(new URL(url.searchParams.get('redirect_uri') ?? '').port).toBe(String(port))
    expect((await example.finished).exitCode).toBe(0)
  })

  it.each(['65536', 'x', '-1', ''])('fails before anything is made with --callback-port=%s', async (port) => {
    const { start: run, homes } = await openLab()
    const { exitCode, stdout } = await run(['--interactive', `--callback-port=${port}`]).finished
    expect(stdout).toContain('failed: TypeError: --callback-port is no port')
    expect({ exitCode, homes: await homes() }).toEqual({ exitCode: 1, homes: [] })
  })

  it('leaves its home with --keep-home, and says where', async () => {
    const { start: run, homes, emulator } = await openLab()
    const example = run(['--interactive', '--device', '--keep-home'])
    await enterCode(example, emulator)
    const { stdout } = await example.finished
    const [home = ''] = await homes()
    expect(stdout).toMatch(new RegExp(`^home: .*${home}$`, 'm'))
    expect(emulator.sessions.map(({ state }) => state)).toEqual(['live'])
  })

  it('comes back to the home in PLANPASS_EXAMPLE_HOME, where nobody has to be asked again', async () => {
    const { start: run, homes, emulator } = await openLab()
    const home = { PLANPASS_EXAMPLE_HOME: join(await temporaryFolder(), 'home') }
    const first = run(['--interactive', '--device'], home)
    await enterCode(first, emulator)
    await first.finished
    const { exitCode, stdout } = await run([], home).finished
    expect(stdout).toMatch(/^status: valid, ada@example\.test \(.+\)\nrefresh: good until /)
    expect({ exitCode, homes: await homes() }).toEqual({ exitCode: 0, homes: [] })
    expect(emulator.sessions.map(({ state }) => state)).toEqual(['live'])
  })

  it('takes the profile of the person with --use-real-home, and leaves it', async () => {
    const { start: run, homes, emulator } = await openLab()
    const real = { PLANPASS_HOME: join(await temporaryFolder(), 'profiles') }
    const first = run(['--interactive', '--device', '--use-real-home'], real)
    await enterCode(first, emulator)
    await first.finished
    expect(await readdir(join(real.PLANPASS_HOME, 'default'))).toContain('auth.json')
    expect((await run(['--use-real-home'], real).finished).stdout).toMatch(/^status: valid/)
    expect(await homes()).toEqual([])
  })

  it('goes on when a refresh fails', async () => {
    const { start: run, emulator } = await openLab()
    const home = { PLANPASS_EXAMPLE_HOME: await temporaryFolder() }
    const first = run(['--interactive', '--device'], home)
    await enterCode(first, emulator)
    await first.finished
    emulator.faults.add({ endpoint: 'token', status: 503 })
    const { exitCode, stdout } = await run([], home).finished
    expect(stdout).toContain('refresh: skipped (ERR_TOKEN_REFRESH_UNAVAILABLE)\n')
    expect(exitCode).toBe(0)
  })

  it('signs a real app server in from its memory with --app-server-memory', async () => {
    await withCodexLab({ signingKey }, async ({ emulator, listener, home }) => {
      const example = start(['--interactive', '--device', '--app-server-memory'], {
        ...environmentFor({ emulator: listener, home }),
        PATH: [dirname(await findCodexBinary()), home.emptyFolder].join(delimiter),
        PLANPASS_ISSUER: listener.issuer,
        PLANPASS_BACKEND_URL: listener.backendUrl,
        PLANPASS_EXAMPLE_HOME: home.codexHome,
      })
      await enterCode(example, emulator)
      const { exitCode, stdout } = await example.finished
      expect(stdout).toContain('app-server: signed in with chatgpt\n')
      expect(exitCode).toBe(0)
      expect(await home.readAuth()).toBeUndefined()
    })
  })

  it('says why the app server is skipped where there is no Codex', async () => {
    const { start: run, emulator } = await openLab()
    const example = run(['--interactive', '--device', '--app-server-memory'], { PATH: await temporaryFolder() })
    await enterCode(example, emulator)
    const { exitCode, stdout } = await example.finished
    expect(stdout).toMatch(/^app-server: skipped \(ERR_/m)
    expect(exitCode).toBe(0)
  })

  it('deletes its home on Ctrl-C', async () => {
    const { start: run, homes } = await openLab()
    const example = run(['--interactive', '--device'])
    await example.waitForOutput(/^enter: /m)
    expect(await homes()).toHaveLength(1)
    example.interrupt()
    expect(await example.finished).toMatchObject({ exitCode: 130, stderr: '' })
    expect(await homes()).toEqual([])
  })

  it('ignores what it does not know, and says so', async () => {
    const { start: run } = await openLab()
    const { exitCode, stdout } = await run(['more', '--verbose']).finished
    expect(stdout).toContain('ignored: more\n')
    expect(stdout).toContain('ignored: --verbose\n')
    expect(exitCode).toBe(0)
  })

  it('names every switch it takes in its head', async () => {
    const source = await readFile(join(packageFolder, 'examples/live-sign-in.ts'), 'utf8')
    const [head = '', ...rest] = source.split('\nimport ')
    const names = [...rest.join().matchAll(/^ {2}'?([a-z-]+)'?: \{ type:/gm)].map(([, name]) => `--${name}`)
    expect(names).toHaveLength(8)
    expect(names.filter((name) => !head.includes(name))).toEqual([])
  })
})
