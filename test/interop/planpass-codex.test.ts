import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { collectTurn, connectAppServer } from '../../src/app-server/index.js'
import { systemClock, type Clock } from '../../src/core/index.js'
import type { EmulatorOptions } from '../../src/testing/index.js'
import { printTable } from '../processes/print-table.js'
import { builtCli, startCli, type CliProcess } from '../support/cli-process.js'
import { codexVersion, environmentFor, findCodexBinary } from './codex-binary.js'
import { toAuthFile } from './codex-home.js'
import { withCodexLab, type CodexLab, type CodexLabOptions } from './codex-lab.js'

const hourMs = 60 * 60 * 1000

interface Lab extends CodexLab {
  /** A sign-in whose access token has ended by its own word, in the profile and for the bare binary alike. */
  readonly signIn: (where: 'profile' | 'codex home') => Promise<void>
  /** All of the environment of `planpass`, with the real binary on its path. */
  readonly environment: Readonly<Record<string, string>>
  /** `planpass codex -- …` */
  readonly planpass: (args: readonly string[], options?: { holdsStdinOpen?: boolean }) => CliProcess
}

/** The real binary on the path, and a profile of planpass's own. */
async function withLab(options: CodexLabOptions, body: (lab: Lab) => Promise<void>): Promise<void> {
  let behindMs = 0
  const clock: Clock = { ...systemClock, now: () => systemClock.now() - behindMs }
  const emulatorOptions: EmulatorOptions = { clock, lifetimes: { accessTokenMs: hourMs } }
  await withCodexLab({ ...emulatorOptions, logLimit: 10_000, ...options }, async (lab) => {
    const path = dirname(await findCodexBinary())
    const planpassHome = join(lab.home.homeFolder, 'planpass')
    const profileFolder = join(planpassHome, 'default')
    const environment = {
      ...environmentFor({ emulator: lab.listener, home: lab.home, env: {} }),
      PATH: path,
      PLANPASS_HOME: planpassHome,
      PLANPASS_ISSUER: lab.listener.issuer,
      PLANPASS_BACKEND_URL: lab.listener.backendUrl,
    }
    const started: CliProcess[] = []
    try {
      await body({
        ...lab,
        environment,
        planpass: (args, processOptions) => {
          const child = startCli(['codex', '--', ...args], { environment, ...processOptions })
          started.push(child)
          return child
        },
        signIn: async (where) => {
          behindMs = 2 * hourMs
          const tokens = await lab.emulator.issueTokens()
          behindMs = 0
          const folder = where === 'profile' ? profileFolder : lab.home.codexHome
          await mkdir(folder, { recursive: true, mode: 0o700 })
          const text = JSON.stringify(toAuthFile(tokens, lab.listener.issuer))
          await writeFile(join(folder, 'auth.json'), text, { mode: 0o600 })
        },
      })
    } finally {
      for (const child of started) child.stop('SIGKILL')
      await Promise.all(started.map(({ finished }) => finished))
    }
  })
}

const exec = ['exec', '--skip-git-repo-check', 'say hi']
const six = [1, 2, 3, 4, 5, 6]

function refreshesOf({ emulator }: CodexLab) {
  const outcomes = emulator.log.filter(({ grantType }) => grantType === 'refresh_token').map(({ outcome }) => outcome)
  return { asked: outcomes.length, granted: outcomes.filter((outcome) => outcome === 'refresh:ok').length }
}

describe('planpass codex', () => {
  it(
    'runs six at once on one expired sign-in, ten times over, where the bare binary loses it',
    { timeout: 240_000 },
    () =>
      withLab({ reuse: 'strict' }, async (lab) => {
        const rows = { planpass: { failed: 0, asked: 0, granted: 0 }, codex: { failed: 0, asked: 0, granted: 0 } }
        const refreshesARound: number[] = []
        for (let round = 0; round < 10; round += 1) {
          await lab.signIn('profile')
          lab.emulator.clearLog()
          const ours = await Promise.all(six.map(() => lab.planpass(exec).finished))
          rows.planpass.failed += ours.filter(
            ({ exitCode, stdout }) => exitCode !== 0 || stdout !== 'You said: say hi\n',
          ).length
          const { asked, granted } = refreshesOf(lab)
          refreshesARound.push(asked)
          rows.planpass.asked += asked
          rows.planpass.granted += granted

          await lab.signIn('codex home')
          lab.emulator.clearLog()
          const bare = await Promise.all(six.map(() => lab.run(exec)))
          rows.codex.failed += bare.filter(({ exitCode }) => exitCode !== 0).length
          rows.codex.asked += refreshesOf(lab).asked
          rows.codex.granted += refreshesOf(lab).granted
        }
        printTable('six processes, ten rounds, expired sign-in, strict issuer', [
          { program: 'planpass codex -- exec', processes: 60, ...rows.planpass },
          { program: `codex ${codexVersion} exec`, processes: 60, ...rows.codex },
        ])
        expect(rows.planpass).toEqual({ failed: 0, asked: 10, granted: 10 })
        expect(refreshesARound).toEqual(Array.from({ length: 10 }, () => 1))
        expect(rows.codex.failed).toBeGreaterThan(0)
      }),
  )

  it('gives another token to a child that was refused, once for all of them', async () => {
    await withLab({ reuse: 'strict' }, async (lab) => {
      await lab.signIn('profile')
      expect(await lab.planpass(exec).finished).toMatchObject({ exitCode: 0 })
      lab.emulator.expireAccessTokens()
      lab.emulator.clearLog()
      const results = await Promise.all(six.map(() => lab.planpass(exec).finished))
      expect(results.map(({ exitCode, stdout }) => ({ exitCode, stdout }))).toEqual(
        six.map(() => ({ exitCode: 0, stdout: 'You said: say hi\n' })),
      )
      expect(refreshesOf(lab)).toEqual({ asked: 1, granted: 1 })
    })
  })

  it('sends the account with the token, keeps the person’s configuration, and leaves no token in their folder', async () => {
    await withLab({}, async (lab) => {
      await lab.signIn('profile')
      await lab.home.configure('model = "gpt-5.5"')
      expect(await lab.planpass(exec).finished).toMatchObject({ exitCode: 0 })
      const request = lab.emulator.log.findLast(({ path }) => path.endsWith('/responses'))
      expect(request?.headers['chatgpt-account-id']).toBe('account-emulated-1')
      expect(request?.body).toMatchObject({ model: 'gpt-5.5' })
      expect(await readdir(lab.home.codexHome)).not.toContain('auth.json')
    })
  })

  it('passes on the exit code, and a signal', async () => {
    await withLab({}, async (lab) => {
      await lab.signIn('profile')
      const refused = await lab.planpass(['exec', '--no-such-flag']).finished
      expect(refused.exitCode).toBe(2)
      const fault = lab.emulator.faults.add({ endpoint: 'responses', delayMs: hourMs })
      const waiting = lab.planpass(exec)
      await vi.waitUntil(() => fault.hits > 0, { timeout: 20_000 })
      waiting.stop('SIGTERM')
      expect((await waiting.finished).exitCode).toBe(128 + 15)
    })
  })

  it('says so before codex starts when nobody is signed in, and runs what needs nobody', async () => {
    await withLab({}, async (lab) => {
      const result = await lab.planpass(exec).finished
      expect(result.exitCode).toBe(3)
      expect(result.stderr).toContain('(ERR_SIGN_IN_REQUIRED)')
      expect((await lab.planpass(['--version']).finished).stdout).toContain(codexVersion)
    })
  })

  it('signs in the app server that another program talks to through it, and answers its questions for tokens', async () => {
    await withLab({ reuse: 'strict' }, async (lab) => {
      await lab.signIn('profile')
      const args = [builtCli(), 'codex', '--', 'app-server']
      // A host that knows nothing of tokens, nor that it does not talk to `codex` itself.
      const server = await connectAppServer({
        transport: { kind: 'stdio', command: process.execPath, args },
        client: { name: 'a-host', version: '1.0.0' },
        cwd: lab.home.workFolder,
        environment: lab.environment,
      })
      lab.defer(() => server.close())
      expect((await server.account.read()).account).toMatchObject({ type: 'chatgpt', email: 'ada@example.test' })
      const thread = await server.startThread()
      expect(await collectTurn(await thread.startTurn('say hi'))).toMatchObject({ text: 'You said: say hi' })
      lab.emulator.clearLog()
      lab.emulator.expireAccessTokens()
      expect(await collectTurn(await thread.startTurn('say it again'))).toMatchObject({
        text: 'You said: say it again',
      })
      expect(refreshesOf(lab)).toEqual({ asked: 1, granted: 1 })
      expect(await readdir(lab.home.codexHome)).not.toContain('auth.json')
    })
  })
})
