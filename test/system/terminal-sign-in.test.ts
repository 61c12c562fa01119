import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/index.js'
import { withCliLab, type CliLab } from '../support/cli-lab.js'
import { builtCli } from '../support/cli-process.js'
import { withTerminal, type Terminal } from '../support/terminal.js'

interface Login {
  readonly lab: CliLab
  readonly terminal: Terminal
  /** As a person copies it from the screen. */
  readonly address: URL
  readonly port: number
}

interface Size {
  readonly columns: number
  readonly rows: number
}

/** What `planpass login` is started with, besides a port that is free. */
interface Start {
  readonly argv?: readonly string[]
  readonly variables?: Readonly<Record<string, string>>
  readonly prepare?: (lab: CliLab) => void
}

/** `planpass login` on a terminal of this size; `CI=false`, as these tests may run where nobody is asked. */
async function withStartedLogin(
  size: Size,
  { argv = [], variables = {}, prepare }: Start,
  body: (login: Omit<Login, 'address'>) => Promise<void>,
): Promise<void> {
  const port = await findFreePort()
  const redirectUris = [`http://127.0.0.1:${port}/auth/callback`]
  await withCliLab({ clock: systemClock, autoApprove: true, redirectUris }, async (lab) => {
    prepare?.(lab)
    const command = [process.execPath, builtCli(), 'login', '--no-open', '--callback-port', String(port), ...argv]
    const environment = { ...lab.environment, CI: 'false', ...variables }
    await withTerminal({ ...size, command, environment }, (terminal) => body({ lab, terminal, port }))
  })
}

/** The same, with the address of the sign-in page on the screen. */
async function withLogin(size: Size, body: (login: Login) => Promise<void>, start: Start = {}): Promise<void> {
  await withStartedLogin(size, { argv: ['--browser'], ...start }, async (login) => {
    await login.terminal.waitForScreen(prompt)
    await body({ ...login, address: await copyAddress(login.terminal) })
  })
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The line that is an address, and nothing else. */
async function copyAddress(terminal: Terminal): Promise<URL> {
  const lines = (await terminal.copyScreen()).filter((line) => line.includes('/oauth/authorize'))
  expect(lines).toEqual([expect.stringMatching(/^http:\S+$/)])
  return new URL(lines[0] ?? '')
}

/** Where the browser ends that signs in, as somebody reads it whose browser is elsewhere. */
async function signInElsewhere(address: URL): Promise<string> {
  const response = await fetch(address, { redirect: 'manual' })
  const callback = response.headers.get('location')
  if (!callback) throw new Error(`The sign-in page answered ${response.status} and led nowhere.`)
  return callback
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** The text over several lines, as a narrow terminal gives it away. */
function wrap(text: string, columns: number): string {
  return (text.match(new RegExp(`.{1,${columns}}`, 'g')) ?? []).join('\n')
}

const prompt = /^> *$/m
const userCode = /^[A-Z0-9]{4}-[A-Z0-9]{5}$/m
const signedIn = 'Signed in as ada@example.test (plus).'
const sizes = [40, 80, 200].map((columns) => ({ columns, rows: 50 }))

describe.each(sizes)('planpass login with a browser, on a terminal of $columns columns', (size) => {
  it('shows an address that survives being copied, with everything that is in it', async () => {
    await withLogin(size, async ({ lab, address, port }) => {
      expect(`${address.origin}${address.pathname}`).toBe(`${lab.issuer}/oauth/authorize`)
      expect(Object.fromEntries(address.searchParams)).toMatchObject({
        response_type: 'code',
        redirect_uri: `http://127.0.0.1:${port}/auth/callback`,
        code_challenge: expect.stringMatching(/^[\w-]{43}$/),
        state: expect.stringMatching(/^[\w-]{43}$/),
      })
      expect(await isListening(port)).toBe(true)
    })
  })

  it('is signed in once the browser comes back, and its port is free', async () => {
    await withLogin(size, async ({ lab, terminal, address, port }) => {
      await fetch(await signInElsewhere(address))
      const after = await terminal.waitForScreen(/^exit code \d+/m)
      expect(after.slice(-2)).toEqual([signedIn, 'exit code 0'])
      expect(await isListening(port)).toBe(false)
      expect(await lab.readAuth()).toMatchObject({ auth_mode: 'chatgpt' })
    })
  })

  it('is signed in by the address that the browser ended on, wrapped as this terminal wraps it', async () => {
    await withLogin(size, async ({ terminal, address, port }) => {
      await terminal.paste(wrap(await signInElsewhere(address), size.columns - 4))
      await terminal.pressEnter()
      const after = await terminal.waitForScreen(/^exit code \d+/m)
      expect(after.slice(-2)).toEqual([signedIn, 'exit code 0'])
      expect(await isListening(port)).toBe(false)
    })
  })

  it('ends with 130 on Ctrl-C, and leaves no port, no lock and no file', async () => {
    await withLogin(size, async ({ lab, terminal, port }) => {
      await terminal.pressCtrlC()
      const after = await terminal.waitForScreen(/^exit code \d+/m)
      expect(after.slice(-2)).toEqual(['Cancelled. Nothing was changed.', 'exit code 130'])
      expect(await isListening(port)).toBe(false)
      expect(await readdir(lab.home, { recursive: true })).toEqual([])
    })
  })
})

describe('a paste', () => {
  const size = { columns: 80, rows: 50 }

  it('of no use is asked for again, with the reason, and ends nothing', async () => {
    await withLogin(size, async ({ terminal, address, port }) => {
      const callback = await signInElsewhere(address)
      await terminal.paste('yes please')
      await terminal.pressEnter()
      await terminal.waitForScreen(/no code in it/)
      await terminal.paste(callback.replace(/state=.{8}/, 'state=AAAAAAAA'))
      await terminal.pressEnter()
      await terminal.waitForScreen(/another sign-in/)
      expect(await isListening(port)).toBe(true)
      await terminal.paste(callback)
      await terminal.pressEnter()
      const after = await terminal.waitForScreen(/^exit code \d+/m)
      expect(after.slice(-2)).toEqual([signedIn, 'exit code 0'])
    })
  })

  it('may be of several lines, with a pause before Enter', async () => {
    await withLogin(size, async ({ terminal, address }) => {
      const callback = await signInElsewhere(address)
      await terminal.paste(wrap(callback, 30))
      await terminal.waitForScreen(new RegExp(`${callback.slice(-5)}$`, 'm'))
      // A person looks at what they pasted.
      await setTimeout(600)
      await terminal.pressEnter()
      const after = await terminal.waitForScreen(/^exit code \d+/m)
      expect(after.slice(-2)).toEqual([signedIn, 'exit code 0'])
      expect(after.join('\n')).not.toContain('not the whole address')
    })
  })

  it('may be code and state alone', async () => {
    await withLogin(size, async ({ lab, terminal, address }) => {
      const callback = new URL(await signInElsewhere(address))
      await terminal.paste(`${callback.searchParams.get('code')}#${callback.searchParams.get('state')}`)
      await terminal.pressEnter()
      await terminal.waitForScreen(/^exit code 0/m)
      expect(lab.emulator.counters.requests.token).toBe(1)
    })
  })
})

describe('over SSH', () => {
  const size = { columns: 40, rows: 50 }
  const variables = { SSH_CONNECTION: '198.51.100.7 50123 192.0.2.9 2222', USER: 'ada' }

  it('the tunnel is on a line of its own, as wide as it is', async () => {
    const body = async ({ terminal, port }: Login) => {
      expect(await terminal.copyScreen()).toContain(`ssh -p 2222 -L ${port}:127.0.0.1:${port} ada@192.0.2.9`)
    }
    await withLogin(size, body, { variables })
  })

  it('a code leads, Enter shows the browser’s address, and a paste of where it ended is taken', async () => {
    const tall = { columns: 80, rows: 70 }
    const prepare = ({ emulator }: CliLab) => void emulator.faults.add({ endpoint: 'device-token', status: 403 })
    await withStartedLogin(tall, { variables, prepare }, async ({ terminal, port }) => {
      await terminal.waitForScreen(userCode)
      await terminal.pressEnter()
      await terminal.waitForScreen(prompt)
      await terminal.paste(await signInElsewhere(await copyAddress(terminal)))
      await terminal.pressEnter()
      const after = await terminal.waitForScreen(/^exit code \d+/m)
      expect(after.slice(-2)).toEqual([signedIn, 'exit code 0'])
      expect(await isListening(port)).toBe(false)
    })
  })
})

describe('on a desktop', () => {
  it('the browser leads, and Enter shows a code', async () => {
    const variables = { DISPLAY: ':0', SSH_CONNECTION: '', SSH_CLIENT: '', SSH_TTY: '', container: 'flatpak' }
    await withStartedLogin({ columns: 80, rows: 70 }, { variables }, async ({ terminal, port }) => {
      await terminal.waitForScreen(prompt)
      await terminal.pressEnter()
      await terminal.waitForScreen(userCode)
      const after = await terminal.waitForScreen(/^exit code \d+/m)
      expect(after.slice(-2)).toEqual([signedIn, 'exit code 0'])
      expect(await isListening(port)).toBe(false)
    })
  })
})
