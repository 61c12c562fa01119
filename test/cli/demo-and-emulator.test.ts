import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseLines } from '../support/cli-lab.js'
import { startCli } from '../support/cli-process.js'
import { expectFailure } from '../support/expect-failure.js'

/** A folder for temporary folders, where whatever a process leaves behind can be seen. */
async function temporaryRoot(): Promise<{ root: string; environment: Record<string, string> }> {
  const root = await mkdtemp(join(tmpdir(), 'planpass-cli-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  return { root, environment: { TMPDIR: root, HOME: root } }
}

describe('planpass demo', () => {
  it('goes the whole way, exits with 0 and leaves nothing behind', async () => {
    const { root, environment } = await temporaryRoot()
    const { exitCode, stdout, stderr } = await startCli(['demo'], { environment }).finished
    expect(exitCode).toBe(0)
    const steps = [...stderr.matchAll(/^\$ planpass (\w+)/gm)].map(([, step]) => step)
    expect(steps).toEqual(['login', 'status', 'models', 'usage', 'ask', 'refresh', 'logout', 'status'])
    expect(stdout).toContain('You said: Why is the sky blue?')
    expect(await readdir(root)).toEqual([])
  })

  it('leaves nothing behind when it is interrupted', async () => {
    const { root, environment } = await temporaryRoot()
    const demo = startCli(['demo'], { environment })
    await demo.waitForOutput(/enter this code/)
    demo.interrupt()
    expect(await demo.finished).toMatchObject({ exitCode: 130 })
    expect(await readdir(root)).toEqual([])
  })
})

describe('planpass emulator', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'listens until %s, then exits with 0 and leaves nothing behind',
    async (signal) => {
      const { root, environment } = await temporaryRoot()
      const emulator = startCli(['emulator'], { environment })
      const [, issuer = ''] = await emulator.waitForOutput(
        /^export PLANPASS_ISSUER=(\S+)\nexport PLANPASS_BACKEND_URL=/m,
      )
      expect((await fetch(`${issuer}/.well-known/openid-configuration`)).status).toBe(200)
      if (signal === 'SIGTERM') emulator.stop(signal)
      else emulator.interrupt()
      const { exitCode, stderr } = await emulator.finished
      expect(exitCode).toBe(0)
      expect(stderr).toContain(`${issuer}/codex/device`)
      expect(await readdir(root)).toEqual([])
      await expect(fetch(issuer)).rejects.toThrow('fetch failed')
    },
  )

  it('ends although somebody is still connected', async () => {
    const { environment } = await temporaryRoot()
    const emulator = startCli(['emulator', '--json'], { environment })
    const [, issuer = ''] = await emulator.waitForOutput(/"issuer":"([^"]+)"/)
    const response = await fetch(`${issuer}/codex/device`)
    emulator.stop('SIGTERM')
    expect(await emulator.finished).toMatchObject({ exitCode: 0 })
    await response.body?.cancel()
  })

  it('tells where it listens, and with --tls whom to trust, in one line of JSON', async () => {
    const { root, environment } = await temporaryRoot()
    const emulator = startCli(['emulator', '--json', '--tls'], { environment })
    await emulator.waitForOutput(/\n/)
    const [event] = parseLines(emulator.printed.stdout)
    const url = (scheme: string, path: string) =>
      expect.stringMatching(new RegExp(`^${scheme}://127\\.0\\.0\\.1:\\d+${path}$`))
    expect(event).toEqual({
      event: 'listening',
      issuer: url('http', ''),
      backendUrl: url('http', '/backend-api'),
      tls: {
        issuer: url('https', ''),
        backendUrl: url('https', '/backend-api'),
        caFile: expect.stringContaining(root),
      },
    })
    const { tls } = event as { tls: { issuer: string; backendUrl: string; caFile: string } }
    expect(await readFile(tls.caFile, 'utf8')).toContain('BEGIN CERTIFICATE')
    const login = ['login', '--device', '--issuer', tls.issuer, '--backend-url', tls.backendUrl]
    const untrusting = await startCli(login, { environment }).finished
    expectFailure(untrusting, 5, 'ERR_NETWORK_TLS')
    const trusting = startCli(login, { environment: { ...environment, CODEX_CA_CERTIFICATE: tls.caFile } })
    await trusting.waitForOutput(/enter this code/)
    trusting.interrupt()
    await trusting.finished
    emulator.stop('SIGTERM')
    expect(await emulator.finished).toMatchObject({ exitCode: 0 })
    expect(await readdir(root)).toEqual([])
  })

  it('fails with 2 when its port is taken', async () => {
    const { root, environment } = await temporaryRoot()
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    const result = await startCli(['emulator', '--port', String(port)], { environment }).finished
    expectFailure(result, 2, 'ERR_CONFIG_USAGE')
    expect(result.stderr).toContain(String(port))
    expect(await readdir(root)).toEqual([])
  })
})
