import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createCodexProvider, createSession } from '../../src/core/index.js'
import { createCodexStore } from '../../src/stores/codex.js'
import { withCodexLab, type CodexLab } from '../interop/codex-lab.js'
import { withSecretService } from '../support/secret-service.js'

afterEach(() => {
  vi.unstubAllEnvs()
})

/** The real CLI, told to keep its sign-in in the keyring of a session of the test's own; and planpass beside it. */
async function withSharedKeyring(body: (lab: CodexLab & { exec(): Promise<string> }) => Promise<void>): Promise<void> {
  await withSecretService(async (service) => {
    await service.startKeyring()
    const bus = service.environment['DBUS_SESSION_BUS_ADDRESS'] ?? ''
    // For the process that planpass starts to talk to the keyring.
    vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', bus)
    await withCodexLab({ reuse: 'strict' }, async (lab) => {
      const config = join(lab.home.codexHome, 'config.toml')
      const text = await readFile(config, 'utf8')
      await writeFile(config, text.replace('_store = "file"', '_store = "keyring"'))
      const env = { DBUS_SESSION_BUS_ADDRESS: bus }
      const run: CodexLab['run'] = (args) => lab.run(args, env)
      const start: CodexLab['start'] = (args) => lab.start(args, env)
      const exec = async () => (await run(['exec', '--skip-git-repo-check', 'say hi'])).stdout
      await body({ ...lab, run, start, exec })
    })
  })
}

async function signIn({ start, listener, emulator }: CodexLab): Promise<void> {
  const login = await start(['login', '--device-auth', '--experimental_issuer', listener.issuer])
  const [, userCode = ''] = await login.waitForOutput(/one-time code[^\n]*\n\s*([A-Z0-9]+-[A-Z0-9]+)/)
  emulator.approve(userCode)
  expect((await login.finished).exitCode).toBe(0)
}

describe('the keyring entry of the real Codex CLI', () => {
  it('is kept alive by both in turn', async () => {
    await withSharedKeyring(async (lab) => {
      await signIn(lab)
      expect(await lab.home.readAuth()).toBeUndefined()
      const store = createCodexStore({ codexHome: lab.home.codexHome, mode: 'keyring', yieldMs: 20 })
      const session = createSession({ store, provider: createCodexProvider(lab.listener) })
      for (let round = 0; round < 3; round += 1) {
        lab.emulator.expireAccessTokens()
        expect((await session.fetch(`${lab.listener.backendUrl}/wham/usage`)).status).toBe(200)
        expect(await lab.exec()).toBe('You said: say hi\n')
        lab.emulator.expireAccessTokens()
        expect(await lab.exec()).toBe('You said: say hi\n')
      }
      expect(lab.emulator.counters.refresh).toMatchObject({ ok: 6, reused: 0, revoked: 0 })
      expect(lab.emulator.sessions.map(({ state }) => state)).toEqual(['live'])
      expect(await lab.home.readAuth()).toBeUndefined()
    })
  })

  it('is gone for both when planpass signs out', async () => {
    await withSharedKeyring(async (lab) => {
      await signIn(lab)
      const store = createCodexStore({ codexHome: lab.home.codexHome, mode: 'keyring' })
      const session = createSession({ store, provider: createCodexProvider(lab.listener) })
      expect(await session.signOut()).toEqual({ removed: true, revocation: 'revoked' })
      expect((await lab.run(['login', 'status'])).stderr).toContain('Not logged in')
    })
  })
})
