import { readFile, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseLines, printedUserCode } from '../support/cli-lab.js'
import { startCli, type CliProcess } from '../support/cli-process.js'
import { type CodexLab, withCodexLab } from './codex-lab.js'

/** Starts planpass over the very folder that is codex's home. */
function startPlanpass({ home, listener }: CodexLab, ...argv: string[]): CliProcess {
  return startCli([...argv, '--profile', basename(home.codexHome)], {
    environment: {
      PLANPASS_HOME: dirname(home.codexHome),
      PLANPASS_ISSUER: listener.issuer,
      PLANPASS_BACKEND_URL: listener.backendUrl,
    },
  })
}

function planpass(lab: CodexLab, ...argv: string[]) {
  return startPlanpass(lab, ...argv).finished
}

async function signInWithPlanpass(lab: CodexLab): Promise<void> {
  const login = startPlanpass(lab, 'login', '--device', '--json')
  const [, userCode = ''] = await login.waitForOutput(printedUserCode)
  lab.emulator.approve(userCode)
  expect(await login.finished).toMatchObject({ exitCode: 0, stderr: '' })
}

async function signInWithCodex(lab: CodexLab): Promise<void> {
  const login = await lab.start(['login', '--device-auth', '--experimental_issuer', lab.listener.issuer])
  const [, userCode = ''] = await login.waitForOutput(/one-time code[^\n]*\n\s*([A-Z0-9]+-[A-Z0-9]+)/)
  lab.emulator.approve(userCode)
  expect((await login.finished).exitCode).toBe(0)
}

async function expectCodexAnswers({ run }: CodexLab): Promise<void> {
  const { exitCode, stdout } = await run(['exec', '--skip-git-repo-check', 'say hi'])
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'You said: say hi\n' })
}

async function expectPlanpassAnswers(lab: CodexLab): Promise<void> {
  expect(await planpass(lab, 'ask', 'say hi')).toEqual({ exitCode: 0, stdout: 'You said: say hi\n', stderr: '' })
}

async function readRefreshToken({ home }: CodexLab): Promise<string | undefined> {
  return (await home.readAuth())?.tokens?.refresh_token
}

/** Runs `work`, which has to rotate the refresh token in the folder exactly once. */
async function expectRotation(lab: CodexLab, work: () => Promise<void>): Promise<void> {
  const before = { token: await readRefreshToken(lab), refreshes: lab.emulator.counters.refresh.ok }
  await work()
  expect(lab.emulator.counters.refresh.ok).toBe(before.refreshes + 1)
  expect(await readRefreshToken(lab)).not.toBe(before.token)
}

/** No token was spent twice, by whomever. */
function expectNoReuse({ emulator }: CodexLab): void {
  expect(emulator.counters.refresh).toMatchObject({ reused: 0, revoked: 0, expired: 0, unknown: 0 })
  expect(emulator.sessions.map(({ state }) => state)).toEqual(['live'])
}

describe('a profile folder that planpass login wrote', () => {
  it('is a CODEX_HOME in which the real binary is signed in and answers', async () => {
    await withCodexLab({}, async (lab) => {
      await signInWithPlanpass(lab)
      const status = await lab.run(['login', 'status'])
      expect(status.stderr).toContain('Logged in using ChatGPT')
      expect(status.exitCode).toBe(0)
      await expectCodexAnswers(lab)
      expect(lab.emulator.counters.refresh.ok).toBe(0)
    })
  })

  it('is kept alive by both in turn', async () => {
    await withCodexLab({}, async (lab) => {
      await signInWithPlanpass(lab)
      for (let round = 0; round < 2; round += 1) {
        lab.emulator.expireAccessTokens()
        await expectRotation(lab, () => expectCodexAnswers(lab))
        await expectPlanpassAnswers(lab)
        lab.emulator.expireAccessTokens()
        await expectRotation(lab, () => expectPlanpassAnswers(lab))
        await expectCodexAnswers(lab)
        await expectRotation(lab, async () => void (await planpass(lab, 'refresh')))
        await expectCodexAnswers(lab)
      }
      expectNoReuse(lab)
    })
  })

  it('is signed out for both by either', async () => {
    await withCodexLab({}, async (lab) => {
      await signInWithPlanpass(lab)
      expect((await lab.run(['logout'])).exitCode).toBe(0)
      expect((await planpass(lab, 'status')).exitCode).toBe(3)
      await signInWithPlanpass(lab)
      expect((await planpass(lab, 'logout')).exitCode).toBe(0)
      expect((await lab.run(['login', 'status'])).exitCode).toBe(1)
      expect(lab.emulator.sessions.map(({ state }) => state)).toEqual(['revoked', 'revoked'])
    })
  })
})

describe('a CODEX_HOME that the real binary signed in', () => {
  it('is a profile folder that planpass reads, asks with, refreshes and signs out', async () => {
    await withCodexLab({}, async (lab) => {
      await signInWithCodex(lab)
      const status = await planpass(lab, 'status', '--json')
      expect(status.exitCode).toBe(0)
      expect(parseLines(status.stdout)).toMatchObject([
        {
          signedIn: true,
          state: 'valid',
          email: 'ada@example.test',
          planType: 'plus',
          accountId: 'account-emulated-1',
          issuer: lab.listener.issuer,
        },
      ])
      await expectPlanpassAnswers(lab)
      await expectRotation(lab, async () => void (await planpass(lab, 'refresh')))
      await expectCodexAnswers(lab)
      lab.emulator.expireAccessTokens()
      await expectRotation(lab, () => expectCodexAnswers(lab))
      await expectPlanpassAnswers(lab)
      expectNoReuse(lab)
      expect((await planpass(lab, 'logout')).stderr).toContain('revoked at the server')
      expect((await lab.run(['login', 'status'])).exitCode).toBe(1)
    })
  })

  it('keeps every member, known to planpass or not, when planpass refreshes', async () => {
    await withCodexLab({}, async (lab) => {
      await signInWithCodex(lab)
      const path = join(lab.home.codexHome, 'auth.json')
      const written = JSON.parse(await readFile(path, 'utf8')) as { tokens: Record<string, unknown> }
      const before = { ...written, from_the_future: { a: [1] }, tokens: { ...written.tokens, also_new: 'x' } }
      await writeFile(path, JSON.stringify(before, undefined, 2))
      expect((await planpass(lab, 'refresh')).exitCode).toBe(0)
      const after = JSON.parse(await readFile(path, 'utf8')) as typeof before
      const rotated = {
        id_token: expect.any(String),
        access_token: expect.any(String),
        refresh_token: expect.any(String),
      }
      expect(after).toEqual({ ...before, tokens: { ...before.tokens, ...rotated }, last_refresh: expect.any(String) })
      expect(Object.keys(after)).toEqual(Object.keys(before))
      expect(after.tokens).toHaveProperty('login_owner_id')
      expect((await stat(path)).mode & 0o777).toBe(0o600)
      await expectCodexAnswers(lab)
    })
  })
})
