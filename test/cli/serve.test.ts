import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/core/index.js'
import { parseLines, withCliLab, type CliLab } from '../support/cli-lab.js'
import { expectFailure } from '../support/expect-failure.js'

interface Listening {
  readonly url: string
  readonly key: string | null
}

/** Runs `planpass serve` as a process of its own. */
async function serving({ startProcess }: CliLab, ...args: string[]) {
  const child = startProcess(['serve', '--json', '--port', '0', ...args])
  await child.waitForOutput(/"console".*\n/)
  const [listening, { link }] = parseLines(child.printed.stdout) as unknown as [Listening, { link: string }]
  return { child, link, ...listening }
}

function ask({ url, key }: Pick<Listening, 'url' | 'key'>, path = '/models'): Promise<Response> {
  return fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } })
}

function answer({ url, key }: Pick<Listening, 'url' | 'key'>, more: object = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ model: 'gpt-6.1-sol', input: 'Hello', ...more })
  return fetch(`${url}/responses`, { method: 'POST', headers, body })
}

describe('planpass serve', () => {
  it('says with --json where it listens and with which key, in a first line that holds nothing else', async () => {
    await withCliLab({ clock: systemClock }, async (lab) => {
      const { child } = await serving(lab)
      const [first, second] = child.printed.stdout.split('\n')
      expect(first).toMatch(/^{"event":"listening","url":"http:\/\/127\.0\.0\.1:\d+\/v1","key":"ppk_[\w-]{43}"}$/)
      expect(second).toMatch(/^{"event":"console","link":"http:\/\/127\.0\.0\.1:\d+\/enter#[\w-]{43}"}$/)
    })
  })

  it('answers with the plan that is signed in, and lets an answer that runs come to its end when it is stopped', async () => {
    await withCliLab({ clock: systemClock }, async (lab) => {
      await lab.signIn()
      const gateway = await serving(lab)
      expect(gateway.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/)
      expect((await answer(gateway)).status).toBe(200)
      expect((await ask({ ...gateway, key: 'wrong' })).status).toBe(401)
      lab.emulator.faults.add({ endpoint: 'responses', slow: { chunkBytes: 200, delayMs: 20 } })
      const running = answer(gateway, { stream: true })
      await expect.poll(() => lab.emulator.counters.requests.responses).toBe(2)
      gateway.child.stop('SIGTERM')
      expect(await (await running).text()).toContain('event: response.completed')
      expect(await gateway.child.finished).toMatchObject({ exitCode: 0, stderr: '' })
    })
  })

  it('takes a stored key within a second, and no longer after it is revoked', async () => {
    await withCliLab({ clock: systemClock }, async (lab) => {
      await lab.signIn()
      const key = (await lab.run(['keys', 'add', 'editor'])).stdout.trim()
      const gateway = await serving(lab, '--stored-keys')
      expect(gateway.key).toBeNull()
      expect((await ask({ ...gateway, key })).status).toBe(200)
      await lab.run(['keys', 'revoke', 'editor'])
      await expect.poll(async () => (await ask({ ...gateway, key })).status, { timeout: 5000 }).toBe(401)
    })
  })

  it('says what it wants when nobody is signed in, and starts all the same', async () => {
    await withCliLab({ clock: systemClock }, async (lab) => {
      const gateway = await serving(lab)
      const refused = await answer(gateway)
      expect(refused.status).toBe(401)
      expect(refused.headers.get('x-planpass-code')).toBe('ERR_SIGN_IN_REQUIRED')
    })
  })

  it('opens the console with a link that is good once', async () => {
    await withCliLab({ clock: systemClock }, async (lab) => {
      const link = new URL((await serving(lab)).link)
      expect(link.pathname).toBe('/enter')
      const enter = () =>
        fetch(`${link.origin}/api/enter`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ ticket: link.hash.slice(1) }),
        })
      expect((await enter()).status).toBe(204)
      expect((await enter()).status).toBe(401)
      const printed = (await lab.runProcess(['serve', 'link'])).stdout
      expect(printed).toMatch(new RegExp(`^${link.origin}/enter#`))
    })
  })

  it('runs in the background until it is stopped, and notes what it was asked, without content', async () => {
    await withCliLab({ clock: systemClock }, async (lab) => {
      await lab.signIn()
      const started = await lab.runProcess(['serve', '--detach', '--port', '0', '--json'])
      const [gateway] = parseLines(started.stdout) as unknown as [Listening]
      try {
        expect((await answer(gateway)).status).toBe(200)
        const { stdout } = await lab.runProcess(['serve', 'status', '--json'])
        expect(parseLines(stdout)).toEqual([
          { running: [{ pid: expect.any(Number), url: gateway.url, startedAt: expect.any(String) }] },
        ])
      } finally {
        expect(await lab.runProcess(['serve', 'stop'])).toMatchObject({ exitCode: 0, stderr: 'Stopped.\n' })
      }
      await expect(ask(gateway)).rejects.toThrow('fetch failed')
      const { stdout } = await lab.runProcess(['serve', 'logs'])
      expect(parseLines(stdout)).toEqual([
        expect.objectContaining({ path: '/v1/responses', status: 200, client: 'serve' }),
      ])
      expect(stdout).not.toContain('Hello')
      expect((await lab.run(['serve', 'status'])).stderr).toBe('No gateway runs.\n')
    })
  })

  it('counts as stopped when it was killed', async () => {
    await withCliLab({ clock: systemClock }, async (lab) => {
      const { child } = await serving(lab)
      child.stop('SIGKILL')
      await child.finished
      expect((await lab.run(['serve', 'status'])).stderr).toBe('No gateway runs.\n')
      expect((await lab.run(['serve', 'stop'])).stderr).toBe('No gateway runs.\n')
    })
  })

  it('says that a port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    await withCliLab({ clock: systemClock }, async (lab) => {
      expectFailure(await lab.runProcess(['serve', '--port', String(port)]), 2, 'ERR_CONFIG_LISTEN')
    })
  })

  it.each([
    [['--address', '0.0.0.0'], '--allow-remote'],
    [['--address', '0.0.0.0', '--allow-remote'], '--tls-cert'],
  ])('does not listen for other machines with %j alone', async (args, wanted) => {
    await withCliLab({ clock: systemClock }, async (lab) => {
      const result = await lab.runProcess(['serve', '--port', '0', ...args])
      expectFailure(result, 2, 'ERR_CONFIG_LISTEN')
      expect(result.stderr).toContain(wanted)
    })
  })

  it('refuses what it does not know', async () => {
    await withCliLab({ clock: systemClock }, async ({ run }) => {
      expectFailure(await run(['serve', 'restart']), 2, 'ERR_CONFIG_USAGE')
    })
  })
})
