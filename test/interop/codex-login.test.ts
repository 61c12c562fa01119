import { describe, expect, it } from 'vitest'
import { type CodexLab, withCodexLab } from './codex-lab.js'

/** What codex prints for the person to type (real-codex 3). */
const printedCode = /one-time code[^\n]*\n\s*([A-Z0-9]+-[A-Z0-9]+)/

function deviceLogin({ start, listener }: CodexLab) {
  return start(['login', '--device-auth', '--experimental_issuer', listener.issuer])
}

async function signIn(lab: CodexLab): Promise<void> {
  const login = await deviceLogin(lab)
  const [, userCode = ''] = await login.waitForOutput(printedCode)
  lab.emulator.approve(userCode)
  expect((await login.finished).exitCode).toBe(0)
}

describe('codex login --device-auth', () => {
  it('signs in once the code is approved, and stays pending until then', async () => {
    await withCodexLab({}, async (lab) => {
      const login = await deviceLogin(lab)
      const [, userCode = ''] = await login.waitForOutput(printedCode)
      expect(lab.emulator.approve(userCode)).toBe(true)
      const { exitCode, stderr } = await login.finished
      expect(stderr).toContain('Successfully logged in')
      expect(exitCode).toBe(0)
      expect(lab.emulator.log.map(({ endpoint }) => endpoint)).toEqual(
        expect.arrayContaining(['device-user-code', 'device-token', 'token']),
      )
      expect(await lab.home.readAuth()).toMatchObject({
        auth_mode: 'chatgpt',
        OPENAI_API_KEY: null,
        tokens: {
          account_id: 'account-emulated-1',
          oauth_provenance: { issuer: lab.listener.issuer, client_id: 'app_EMoamEEZ73f0CkXaXp7hrann' },
        },
      })
    })
  })

  it('shows the link of the page the emulator serves', async () => {
    await withCodexLab({}, async (lab) => {
      const login = await deviceLogin(lab)
      const [url] = await login.waitForOutput(/http:\S+\/codex\/device/)
      expect(url).toBe(`${lab.listener.issuer}/codex/device`)
      expect((await fetch(url)).status).toBe(200)
    })
  })

  it('leaves nobody signed in when the code is denied', async () => {
    await withCodexLab({}, async (lab) => {
      const login = await deviceLogin(lab)
      const [, userCode = ''] = await login.waitForOutput(printedCode)
      expect(lab.emulator.deny(userCode)).toBe(true)
      const { exitCode, stderr } = await login.finished
      expect(stderr).toContain('device auth failed with status')
      expect(exitCode).toBe(1)
      expect(await lab.home.readAuth()).toBeUndefined()
    })
  })

  it('revokes the session it replaces', async () => {
    await withCodexLab({}, async (lab) => {
      await signIn(lab)
      await signIn(lab)
      expect(lab.emulator.sessions.map(({ state }) => state)).toEqual(['revoked', 'live'])
    })
  })
})

describe('codex login status', () => {
  it('tells a login from none, and asks nobody', async () => {
    await withCodexLab({}, async (lab) => {
      const before = await lab.run(['login', 'status'])
      expect(before.stderr).toContain('Not logged in')
      expect(before.exitCode).toBe(1)
      await signIn(lab)
      lab.emulator.clearLog()
      const after = await lab.run(['login', 'status'])
      expect(after.stderr).toContain('Logged in using ChatGPT')
      expect(after.exitCode).toBe(0)
      expect(lab.emulator.log).toEqual([])
    })
  })
})

describe('codex logout', () => {
  it('revokes the session at the emulator and forgets it', async () => {
    await withCodexLab({}, async (lab) => {
      await signIn(lab)
      const { exitCode, stderr } = await lab.run(['logout'])
      expect(stderr).toContain('Successfully logged out')
      expect(exitCode).toBe(0)
      expect(lab.emulator.counters.requests.revoke).toBe(1)
      expect(lab.emulator.sessions.map(({ state }) => state)).toEqual(['revoked'])
      expect(await lab.home.readAuth()).toBeUndefined()
    })
  })
})

describe('a device login', () => {
  it('answers with the tokens it got', async () => {
    await withCodexLab({}, async (lab) => {
      await signIn(lab)
      const { exitCode, stdout } = await lab.run(['exec', '--skip-git-repo-check', 'say hi'])
      expect(stdout).toBe('You said: say hi\n')
      expect(exitCode).toBe(0)
    })
  })
})
