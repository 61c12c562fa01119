import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseLines, printedUserCode, withCommandLine, type CommandLine } from '../support/cli-lab.js'
import { startCli } from '../support/cli-process.js'
import { systemClock } from '../../src/core/index.js'

/** The emulator as a process of its own, and a profile that knows nothing else of the world. */
async function withEmulatorProcess(body: (commandLine: CommandLine) => Promise<void>): Promise<void> {
  const emulator = startCli(['emulator', '--json'], { timeoutMs: 60_000 })
  try {
    const [, target = ''] = await emulator.waitForOutput(/"issuer":"([^"]+)"/)
    await withCommandLine({ target, clock: systemClock }, body)
  } finally {
    emulator.stop('SIGTERM')
    expect(await emulator.finished).toMatchObject({ exitCode: 0, stderr: '' })
  }
}

/** A person with a browser: opens the page that was shown, types the code and says yes. */
async function approveOnPage(verificationUrl: string, userCode: string): Promise<void> {
  const response = await fetch(verificationUrl, {
    method: 'POST',
    body: new URLSearchParams({ user_code: userCode, decision: 'approve' }),
  })
  expect(response.status).toBe(200)
}

async function signIn({ startProcess }: CommandLine) {
  const login = startProcess(['login', '--device', '--json'])
  await login.waitForOutput(printedUserCode)
  const [event] = parseLines(login.printed.stdout) as [{ verificationUrl: string; userCode: string }]
  await approveOnPage(event.verificationUrl, event.userCode)
  return login.finished
}

const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

describe('planpass, as a process against an emulator in another process', () => {
  it('signs in, shows, lists, measures, asks, refreshes and signs out', async () => {
    await withEmulatorProcess(async (commandLine) => {
      const { issuer, authFile, runProcess } = commandLine
      const signedInStatus = {
        signedIn: true,
        state: 'valid',
        reason: null,
        email: 'ada@example.test',
        planType: 'plus',
        accountId: 'account-emulated-1',
        expiresAt: isoTime,
        mode: 'chatgpt',
        issuer,
        store: authFile,
        provider: 'codex',
      }
      const account = { email: 'ada@example.test', planType: 'plus', accountId: 'account-emulated-1' }

      async function runJson(...argv: string[]) {
        const { exitCode, stdout, stderr } = await runProcess([...argv, '--json'])
        expect(stderr).toBe('')
        return { exitCode, events: parseLines(stdout) }
      }

      const login = await signIn(commandLine)
      expect(login).toMatchObject({ exitCode: 0, stderr: '' })
      expect(parseLines(login.stdout)).toEqual([
        {
          event: 'device_code',
          verificationUrl: `${issuer}/codex/device`,
          userCode: expect.stringMatching(/^[A-Z0-9]{4}-[A-Z0-9]{5}$/),
          expiresAt: isoTime,
        },
        {
          event: 'signed_in',
          provider: 'codex',
          flow: 'device',
          storage: 'file',
          warnings: [],
          account: { ...account, expiresAt: isoTime },
        },
      ])

      expect(await runJson('status')).toEqual({ exitCode: 0, events: [signedInStatus] })

      expect(await runJson('models')).toEqual({
        exitCode: 0,
        events: [{ models: expect.any(Array), mode: 'chatgpt', source: 'network', fetchedAt: isoTime, failure: null }],
      })
      const { events: models } = await runJson('models')
      expect(models).toMatchObject([{ source: 'cache', models: [{ id: 'gpt-6.1-sol' }, {}, {}] }])

      expect(await runJson('usage')).toEqual({
        exitCode: 0,
        events: [
          {
            planType: 'plus',
            windows: [
              { limit: 'codex', name: 'codex', usedPercent: 20, durationSeconds: 18_000, resetsAt: isoTime },
              { limit: 'codex', name: 'codex', usedPercent: 10, durationSeconds: 604_800, resetsAt: isoTime },
            ],
            credits: { hasCredits: false, isUnlimited: false, balance: '0' },
            reachedType: null,
            mode: 'chatgpt',
            source: 'network',
            fetchedAt: isoTime,
            failure: null,
          },
        ],
      })

      const { exitCode, events } = await runJson('ask', 'Why?')
      expect(exitCode).toBe(0)
      expect(events.at(0)).toEqual({ event: 'text', delta: expect.any(String) })
      expect(events.at(-1)).toEqual({
        event: 'completed',
        model: 'gpt-6.1-sol',
        mode: 'chatgpt',
        text: 'You said: Why?',
        usage: {
          inputTokens: expect.any(Number),
          cachedInputTokens: 0,
          outputTokens: expect.any(Number),
          reasoningTokens: 0,
        },
      })

      expect(await runJson('refresh')).toEqual({ exitCode: 0, events: [{ refreshed: true, expiresAt: isoTime }] })

      const token = await runProcess(['token'])
      expect(token).toEqual({
        exitCode: 0,
        stdout: `${String((await commandLine.readAuth()).tokens['access_token'])}\n`,
        stderr: '',
      })

      expect(await runJson('logout')).toEqual({
        exitCode: 0,
        events: [{ removed: true, revocation: 'revoked', reason: null }],
      })
      expect(existsSync(authFile)).toBe(false)
      expect(await runJson('status')).toEqual({
        exitCode: 3,
        events: [
          {
            signedIn: false,
            state: 'absent',
            reason: null,
            email: null,
            planType: null,
            accountId: null,
            expiresAt: null,
            mode: null,
            issuer: null,
            store: authFile,
            provider: 'codex',
          },
        ],
      })
    })
  })

  it('gives data to stdout, talk to stderr, and no escape code to either', async () => {
    await withEmulatorProcess(async (commandLine) => {
      const { startProcess, runProcess } = commandLine
      const login = startProcess(['login', '--device'], { environment: { TERM: 'xterm-256color' } })
      const [userCode] = await login.waitForOutput(/^[A-Z0-9]{4}-[A-Z0-9]{5}$/m)
      await approveOnPage(`${commandLine.issuer}/codex/device`, userCode)
      const outputs = [
        await login.finished,
        await runProcess(['status']),
        await runProcess(['models']),
        await runProcess(['usage']),
        await runProcess(['ask', 'Why?']),
        await runProcess(['refresh']),
        await runProcess(['logout']),
      ]
      expect(outputs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0, 0, 0])
      expect(outputs.map(({ stdout }) => stdout !== '')).toEqual([false, true, true, true, true, false, false])
      expect(outputs.map(({ stderr }) => stderr !== '')).toEqual([true, false, false, false, false, true, true])
      expect(outputs[4]?.stdout).toBe('You said: Why?\n')
      // oxlint-disable-next-line no-control-regex -- escape codes are what is looked for
      for (const { stdout, stderr } of outputs) expect(stdout + stderr).not.toMatch(/[\u001b\u0007\r]/)
    })
  })
})
