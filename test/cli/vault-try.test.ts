import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/index.js'
import { createEmulator, type Emulator, type EmulatorListener } from '../../src/testing/index.js'
import { run } from '../../src/cli/run.js'
import { createFakeHost } from '../support/fake-host.js'
import { signingKey } from '../support/signing-key.js'

let folder: string
let emulator: Emulator
let listener: EmulatorListener

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'planpass-try-'))
  // As root, the server runs as somebody else, who has to come by.
  await chmod(folder, 0o711)
  emulator = createEmulator({ signingKey, clock: systemClock, deviceIntervalSeconds: 1 })
  listener = await emulator.listen()
})
afterAll(async () => {
  await listener.close()
  await rm(folder, { recursive: true, force: true })
})

function start(argv: readonly string[]) {
  const environment = { PLANPASS_ISSUER: listener.issuer, PLANPASS_BACKEND_URL: listener.backendUrl }
  const host = createFakeHost({ clock: systemClock, environment })
  return { host, finished: run(['vault', 'try', ...argv], host) }
}

/** As a host would sign it, for one use. */
async function hostToken(): Promise<string> {
  const { host, finished } = start(['token', '--folder', join(folder, 'trial'), '--user', 'ada'])
  expect(await finished).toBe(0)
  return host.transcript.stdout.trim()
}

describe('planpass vault try', () => {
  it('serves a whole vault on this machine, in which a person signs in', async () => {
    const { host, finished } = start(['--folder', join(folder, 'trial'), '--json'])
    const [, url = ''] = await host.transcript.waitFor(/"url":"([^"]+)"/)
    expect(host.transcript.stderr).toContain('not for production')
    const ask = async (method: string, path: string) => {
      const headers = { authorization: `Bearer ${await hostToken()}` }
      return (await fetch(`${url}${path}`, { method, headers })).json() as Promise<Record<string, unknown>>
    }
    const { id, userCode } = await ask('POST', '/sign-in')
    emulator.approve(String(userCode))
    await expect
      .poll(() => ask('GET', `/sign-in/${String(id)}`), { timeout: 10_000, interval: 200 })
      .toEqual({ state: 'done' })
    expect(await ask('GET', '/status')).toMatchObject({ state: 'valid', signedIn: true })
    host.interrupt()
    expect(await finished).toBe(0)
  })

  it.each([
    [['--listen', '0.0.0.0'], 'this machine alone'],
    [['token', '--folder', 'nowhere'], 'no trial'],
  ])('refuses %j', async (argv, words) => {
    const { host, finished } = start(argv)
    expect(await finished).toBe(2)
    expect(host.transcript.stderr).toContain(words)
  })
})
