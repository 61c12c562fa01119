import { describe, expect, it } from 'vitest'
import { environmentNames } from '../../src/cli/host.js'
import { detectSignInEnvironment, toSshTunnel } from '../../src/sign-in/index.js'
import { parseLines, withCliLab, type CliLab } from '../support/cli-lab.js'
import type { RunningCli } from '../support/cli-process.js'
import { expectFailure } from '../support/expect-failure.js'

const anyPort = ['--callback-port', '0']
const anyRedirect = { autoApprove: true, rulesOff: ['redirect-uri-registered'] } as const

/** The address that a running login shows. */
async function shownAddress(login: RunningCli): Promise<URL> {
  const [address] = await login.waitForOutput(/https?:\/\/[\w.:]+\/oauth\/authorize[\w.?&=%+~-]+/)
  return new URL(address)
}

/** What a browser does: it opens the address, its person agrees, and it follows the way back. */
async function approveInBrowser(lab: CliLab, address: URL): Promise<Response> {
  return fetch(await callbackOf(lab, address))
}

/** The address that a browser ends on. */
async function callbackOf({ emulator }: CliLab, address: URL): Promise<string> {
  const page = await emulator.fetch(`${emulator.issuer}${address.pathname}${address.search}`, { redirect: 'manual' })
  return page.headers.get('location') ?? ''
}

/** A person who types what they are given, when they are given it. */
function createTypist() {
  const waiting: ((result: IteratorResult<string>) => void)[] = []
  const texts: string[] = []
  return {
    type: (text: string) => {
      const next = waiting.shift()
      if (next) next({ done: false, value: text })
      else texts.push(text)
    },
    next: async (): Promise<IteratorResult<string>> => {
      const text = texts.shift()
      if (text !== undefined) return { done: false, value: text }
      return new Promise((resolve) => waiting.push(resolve))
    },
  }
}

describe('planpass login --browser', () => {
  it('signs in with the browser that comes back, and tells a program where to send it', async () => {
    await withCliLab(anyRedirect, async (lab) => {
      const login = lab.start(['login', '--browser', '--no-open', '--json', ...anyPort])
      const address = await shownAddress(login)
      const page = await approveInBrowser(lab, address)
      expect(page.status).toBe(200)
      const { exitCode, stdout } = await login.finished
      expect(exitCode).toBe(0)
      expect(parseLines(stdout)).toMatchObject([
        { event: 'browser_url', isOpened: false, port: Number(new URL(page.url).port) },
        { event: 'signed_in', flow: 'browser', storage: 'file', account: { email: 'ada@example.test' } },
      ])
      expect(await lab.run(['refresh'])).toMatchObject({ exitCode: 0 })
    })
  })

  it('takes a paste instead, says why one is of no use, and asks again', async () => {
    await withCliLab(anyRedirect, async (lab) => {
      const person = createTypist()
      const login = lab.start(['login', '--browser', '--no-open', ...anyPort], { columns: 80, typed: person })
      const address = await shownAddress(login)
      person.type('no address at all\n')
      await login.waitForOutput(/no code in it/)
      const callback = await callbackOf(lab, address)
      person.type(callback.replace(/.{40}/g, '$&\n'))
      const { exitCode, stderr } = await login.finished
      expect(exitCode).toBe(0)
      expect(stderr).toContain('Signed in as ada@example.test')
    })
  })

  it('shows the address unbroken, and the tunnel that leads back here over SSH', async () => {
    await withCliLab(anyRedirect, async (lab) => {
      const environment = { SSH_CONNECTION: '192.0.2.7 50100 192.0.2.9 22', USER: 'ada', NO_COLOR: '1' }
      const login = lab.start(['login', '--browser', '--no-open', ...anyPort], { columns: 40, environment })
      const address = await shownAddress(login)
      await approveInBrowser(lab, address)
      const { stderr } = await login.finished
      expect(stderr.split('\n')).toContain(address.href)
      expect(stderr).toMatch(/\nssh -L (\d+):127\.0\.0\.1:\1 ada@192\.0\.2\.9\n/)
    })
  })

  it('opens the door for a device code when Enter is pressed', async () => {
    await withCliLab({}, async (lab) => {
      const person = createTypist()
      const environment = { DISPLAY: ':0', NO_COLOR: '1', TOOLBOX_PATH: '/usr/bin/toolbox', BROWSER: 'none' }
      const login = lab.start(['login', '--no-open', ...anyPort], { columns: 80, environment, typed: person })
      await login.waitForOutput(/device/)
      person.type('\n')
      const [, userCode = ''] = await login.waitForOutput(/\n([A-Z\d]{4}-[A-Z\d]{4,5})\n/)
      lab.emulator.approve(userCode)
      expect(await login.finished).toMatchObject({ exitCode: 0 })
      expect((await lab.readAuth()).auth_mode).toBe('chatgpt')
    })
  })

  it('gives up after --timeout seconds', async () => {
    await withCliLab({}, async (lab) => {
      const startMs = lab.clock.now()
      const result = await lab.run(['login', '--browser', '--no-open', '--timeout', '7', ...anyPort])
      expect(result.exitCode).toBe(3)
      expect(result.stderr).toContain('Nobody signed in within 7 seconds.')
      expect(lab.clock.now() - startMs).toBe(7000)
    })
  })

  it.each([
    [['--browser', '--device'], 'contradict'],
    [['--callback-port', '70000'], '--callback-port is not a port number'],
    [['--storage', 'cloud'], '--storage'],
    [['--timeout', 'soon'], '--timeout'],
  ])('refuses %j', async (options, words) => {
    await withCliLab({}, async (lab) => {
      const result = await lab.run(['login', ...options])
      expectFailure(result, 2, 'ERR_CONFIG_USAGE')
      expect(result.stderr).toContain(words)
    })
  })

  it('asks nobody where nobody can answer, unless a door is named', async () => {
    await withCliLab({}, async (lab) => {
      expectFailure(await lab.run(['login']), 3, 'ERR_SIGN_IN_REQUIRED')
      const { exitCode, stdout } = await lab.run(['login', '--json'])
      expect({ exitCode, events: parseLines(stdout) }).toMatchObject({
        exitCode: 3,
        events: [{ event: 'failed', code: 'ERR_SIGN_IN_REQUIRED' }],
      })
      expect(lab.emulator.log).toEqual([])
    })
  })

  it('asks nobody in CI, and says what to do there', async () => {
    await withCliLab({}, async (lab) => {
      const result = await lab.run(['login'], { columns: 80, environment: { GITHUB_ACTIONS: 'true' } })
      expectFailure(result, 3, 'ERR_SIGN_IN_REQUIRED')
      expect(result.stderr).toContain('GITHUB_ACTIONS is set')
    })
  })
})

describe('the variables the command line reads', () => {
  it('are enough to tell where a sign-in runs', () => {
    const asked = new Set<string>()
    const seen: Record<string, string> = { SSH_CONNECTION: '192.0.2.7 50100 192.0.2.9 22' }
    const variables = new Proxy(seen, {
      get: (_, name) => {
        asked.add(String(name))
        return seen[String(name)]
      },
    })
    detectSignInEnvironment({ platform: 'linux', variables, isTerminal: true })
    toSshTunnel(1455, variables)
    expect([...asked].filter((name) => !environmentNames.some((known) => known === name))).toEqual([])
  })
})
