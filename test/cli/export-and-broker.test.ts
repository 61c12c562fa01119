import { existsSync } from 'node:fs'
import { chmod, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Secret } from '../../src/core/index.js'
import { fromBroker, parseAccessDocument } from '../../src/sources/index.js'
import { parseLines, withCliLab, type CliLab } from '../support/cli-lab.js'
import { expectFailure } from '../support/expect-failure.js'

async function accessTokenOf({ readAuth }: CliLab): Promise<unknown> {
  return (await readAuth()).tokens['access_token']
}

describe('planpass export', () => {
  it('prints an access token with its account, and no refresh token', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const { exitCode, stdout, stderr } = await lab.run(['export', '--access-only'])
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
      expect(parseLines(stdout)).toEqual([
        {
          accessToken: await accessTokenOf(lab),
          accountId: 'account-emulated-1',
          planType: 'plus',
          expiresAt: expect.any(String),
        },
      ])
      expect(parseAccessDocument(stdout).tokens.chatgpt).toMatchObject({ accountId: 'account-emulated-1' })
      expect((await lab.run(['export', '--access-only', '--json'])).stdout).toBe(stdout)
    })
  })

  it('refreshes a token that is good for less than five minutes', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const before = await accessTokenOf(lab)
      await lab.clock.sleep(57 * 60_000)
      const { stdout } = await lab.run(['export', '--access-only'])
      expect(parseLines(stdout)[0]?.['accessToken']).not.toBe(before)
      expect(lab.emulator.counters.refresh.ok).toBe(1)
    })
  })

  it('refuses a whole sign-in, and says what to use', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const result = await lab.run(['export'])
      expectFailure(result, 2, 'ERR_CONFIG_USAGE')
      expect(result.stderr).toContain('--access-only')
      expect(result.stderr).toContain('planpass broker')
    })
  })

  it('fails with 3 when nobody is signed in', async () => {
    await withCliLab({}, async (lab) => {
      expectFailure(await lab.run(['export', '--access-only']), 3, 'ERR_SIGN_IN_REQUIRED')
    })
  })
})

describe.skipIf(process.platform === 'win32')('planpass broker on a socket', () => {
  it('hands out access tokens until it is interrupted, and leaves no socket behind', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const broker = lab.start(['broker', '--json'])
      await broker.waitForOutput(/\n/)
      const socketPath = join(lab.home, 'default/broker.sock')
      expect(parseLines(broker.printed.stdout)).toEqual([
        { event: 'listening', address: `unix:${socketPath}`, key: null },
      ])
      expect((await stat(socketPath)).mode & 0o777).toBe(0o600)
      const tokens = await fromBroker({ address: `unix:${socketPath}` }).resolve()
      expect(tokens?.accessToken.reveal()).toBe(await accessTokenOf(lab))
      broker.interrupt()
      expect(await broker.finished).toMatchObject({ exitCode: 0, stderr: '' })
      expect(existsSync(socketPath)).toBe(false)
    })
  })

  it('tells a person where it listens', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const broker = lab.start(['broker'])
      await broker.waitForOutput(/Ctrl-C/)
      broker.interrupt()
      const { stdout } = await broker.finished
      expect(stdout).toBe(`unix:${join(lab.home, 'default/broker.sock')}\n`)
    })
  })

  it('refuses a folder that others can look into', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      await chmod(join(lab.home, 'default'), 0o755)
      expectFailure(await lab.run(['broker']), 2, 'ERR_CONFIG_LISTEN')
    })
  })

  it('refuses a path that no socket can have', async () => {
    await withCliLab({}, async (lab) => {
      const environment = { PLANPASS_HOME: join(lab.home, 'x'.repeat(100)) }
      const result = await lab.run(['broker'], { environment })
      expectFailure(result, 2, 'ERR_CONFIG_LISTEN')
      expect(result.stderr).toContain('--port')
    })
  })
})

describe('planpass broker on a port', () => {
  it('shows a key once, and answers nobody without it', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const broker = lab.startProcess(['broker', '--port', '0', '--json'])
      await broker.waitForOutput(/\n/)
      const [event] = parseLines(broker.printed.stdout)
      const { address, key } = event as { address: string; key: string }
      expect(event).toEqual({
        event: 'listening',
        address: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/token$/),
        key: expect.stringMatching(/^[\w-]{43}$/),
      })
      expect((await fetch(address)).status).toBe(401)
      const tokens = await fromBroker({ address, key: new Secret(key) }).resolve()
      expect(tokens?.accessToken.reveal()).toBe(await accessTokenOf(lab))
      broker.stop('SIGTERM')
      expect(await broker.finished).toMatchObject({ exitCode: 0, stderr: '' })
      await expect(fetch(address)).rejects.toThrow('fetch failed')
    })
  })

  it.each([
    ['is no port', 'eighty', 'ERR_CONFIG_USAGE'],
    ['is no port number', '65536', 'ERR_CONFIG_USAGE'],
  ] as const)('fails with 2 when the port %s', async (_, port, code) => {
    await withCliLab({}, async (lab) => expectFailure(await lab.run(['broker', '--port', port]), 2, code))
  })

  it('fails with 2 when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      expectFailure(await lab.run(['broker', '--port', String(port)]), 2, 'ERR_CONFIG_LISTEN')
    })
  })

  it('fails with 3 when nobody is signed in', async () => {
    await withCliLab({}, async (lab) => {
      expectFailure(await lab.run(['broker', '--port', '0']), 3, 'ERR_SIGN_IN_REQUIRED')
    })
  })
})
