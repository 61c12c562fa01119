import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/testing/index.js'
import { parseLines, printedUserCode, withCliLab, type CliLab } from '../support/cli-lab.js'
import { expectFailure } from '../support/expect-failure.js'

const login = ['login', '--device', '--json', '--switch-account']

/** What became of a sign-in once its code was shown and `decide` was done with it. */
async function signInUntil(lab: CliLab, decide: (userCode: string) => unknown) {
  const running = lab.start(login)
  const [, userCode = ''] = await running.waitForOutput(printedUserCode)
  decide(userCode)
  const { exitCode, stdout, stderr } = await running.finished
  return { exitCode, last: parseLines(stdout).at(-1), stderr }
}

/** Nothing of a sign-in that came to nothing. */
async function expectNothingLeft({ home }: CliLab): Promise<void> {
  expect(await readdir(home, { recursive: true })).toEqual([])
}

describe('planpass login', () => {
  it.each([
    {
      decision: 'denied',
      code: 'ERR_SIGN_IN_DENIED',
      decide:
        ({ emulator }: CliLab) =>
        (code: string) =>
          emulator.deny(code),
    },
    {
      decision: 'expired at the server',
      code: 'ERR_SIGN_IN_EXPIRED',
      decide:
        ({ emulator }: CliLab) =>
        (code: string) =>
          emulator.expire(code),
    },
    { decision: 'never approved', code: 'ERR_SIGN_IN_EXPIRED', decide: () => () => undefined },
  ])('fails with 3 when the code is $decision, and leaves nothing behind', async ({ code, decide }) => {
    await withCliLab({ deviceIntervalSeconds: 60 }, async (lab) => {
      const { exitCode, last, stderr } = await signInUntil(lab, decide(lab))
      expect(exitCode).toBe(3)
      expect(last).toEqual({ event: 'failed', code, message: expect.stringMatching(/^.+\. .+\.$/) })
      expect(stderr).toContain(`(${code})`)
      await expectNothingLeft(lab)
    })
  })

  it('waits out the fifteen minutes of a code and no longer', async () => {
    await withCliLab({ deviceIntervalSeconds: 60 }, async (lab) => {
      const startMs = lab.clock.now()
      await signInUntil(lab, () => undefined)
      expect(lab.clock.now() - startMs).toBe(15 * 60_000)
    })
  })

  it('says in which setting device codes are enabled when they are not', async () => {
    await withCliLab({}, async (lab) => {
      lab.emulator.faults.add({ endpoint: 'device-user-code', status: 404 })
      const result = await lab.run(['login', '--device'])
      expectFailure(result, 3, 'ERR_SIGN_IN_DEVICE_DISABLED')
      expect(result.stderr).toContain('Settings, Security')
      await expectNothingLeft(lab)
    })
  })

  const page = '<!doctype html><title>Sign in to the network</title>'
  const faults: readonly (Omit<Fault, 'endpoint'> & { exitCode: number; code: string })[] = [
    { status: 500, body: 'oops', exitCode: 6, code: 'ERR_UPSTREAM_UNAVAILABLE' },
    { status: 429, body: {}, exitCode: 6, code: 'ERR_UPSTREAM_RATE_LIMITED' },
    { status: 400, body: { error: 'invalid_client' }, exitCode: 3, code: 'ERR_SIGN_IN_FAILED' },
    { status: 403, html: page, exitCode: 6, code: 'ERR_UPSTREAM_EDGE_BLOCKED' },
    { status: 200, html: page, exitCode: 6, code: 'ERR_UPSTREAM_BAD_RESPONSE' },
    { body: { user_code: 7 }, exitCode: 6, code: 'ERR_UPSTREAM_BAD_RESPONSE' },
    {
      body: { device_auth_id: 'device-auth-id-of-nobody', user_code: '\u001b[2J' },
      exitCode: 6,
      code: 'ERR_UPSTREAM_BAD_RESPONSE',
    },
    { drop: 'before', exitCode: 5, code: 'ERR_NETWORK_UNREACHABLE' },
    { truncateAfterBytes: 10, exitCode: 5, code: 'ERR_NETWORK_UNREACHABLE' },
  ]

  it.each(faults)(
    'fails with $exitCode $code when the start is answered with $status $body $html $drop',
    async (row) => {
      const { exitCode, code, ...fault } = row
      await withCliLab({}, async (lab) => {
        lab.emulator.faults.add({ endpoint: 'device-user-code', ...fault })
        const result = await lab.run(login)
        expect(result.exitCode).toBe(exitCode)
        expect(parseLines(result.stdout)).toEqual([{ event: 'failed', code, message: expect.any(String) }])
        await expectNothingLeft(lab)
      })
    },
  )

  it('goes on when a poll fails in passing', async () => {
    await withCliLab({}, async (lab) => {
      lab.emulator.faults.add({ endpoint: 'device-token', times: 1, status: 502, body: 'bad gateway' })
      lab.emulator.faults.add({ endpoint: 'device-token', times: 1, drop: 'before' })
      await lab.signIn()
      expect((await lab.readAuth()).auth_mode).toBe('chatgpt')
    })
  })

  it('keeps the old sign-in when the new one comes to nothing', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const before = await lab.readAuth()
      expect(await signInUntil(lab, (userCode) => lab.emulator.deny(userCode))).toMatchObject({ exitCode: 3 })
      expect(await lab.readAuth()).toEqual(before)
      expect(await lab.run(['models'])).toMatchObject({ exitCode: 0 })
    })
  })

  it('is cancelled by Ctrl-C with 130, and leaves nothing behind', async () => {
    await withCliLab({}, async (lab) => {
      const { exitCode, last, stderr } = await signInUntil({ ...lab, start: interrupting(lab) }, () => undefined)
      expect(exitCode).toBe(130)
      expect(last).toEqual({ event: 'failed', code: 'CANCELLED', message: 'The sign-in was cancelled.' })
      expect(stderr).toBe('Cancelled. Nothing was changed.\n')
      await expectNothingLeft(lab)
    })
  })

  it('is cancelled as a process, too', async () => {
    await withCliLab({}, async (lab) => {
      const running = lab.startProcess(login)
      await running.waitForOutput(printedUserCode)
      running.interrupt()
      expect(await running.finished).toMatchObject({ exitCode: 130, stderr: 'Cancelled. Nothing was changed.\n' })
      await expectNothingLeft(lab)
    })
  })

  it('fails with 5 as a process when nobody listens', async () => {
    await withCliLab({}, async (lab) => {
      const environment = { PLANPASS_ISSUER: 'http://127.0.0.1:9' }
      const result = await lab.runProcess(['login', '--device'], { environment })
      expectFailure(result, 5, 'ERR_NETWORK_UNREACHABLE')
      expect(result.stderr).toContain('127.0.0.1:9')
    })
  })

  it('introduces itself by the name it is given', async () => {
    await withCliLab({}, async (lab) => {
      lab.emulator.faults.add({ endpoint: 'device-user-code', status: 404 })
      await lab.run(login)
      await lab.run([...login, '--client-name', 'my-tool'])
      const names = lab.emulator.log.map(({ headers }) => [headers['originator'], headers['user-agent']])
      expect(names).toEqual([
        ['planpass', 'planpass/0.1.0'],
        ['my-tool', 'my-tool/0.1.0 planpass/0.1.0'],
      ])
    })
  })

  it('keeps profiles apart', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      expect(await lab.run(['status', '--profile', 'work'])).toMatchObject({ exitCode: 3 })
      expect(await lab.run(['status', '--profile', 'default'])).toMatchObject({ exitCode: 0 })
      expect(existsSync(lab.authFile)).toBe(true)
    })
  })
})

/** Ctrl-C right after the code was shown. */
function interrupting(lab: CliLab): CliLab['start'] {
  return (argv, options) => {
    const running = lab.start(argv, options)
    void running.waitForOutput(printedUserCode).then(running.interrupt)
    return running
  }
}
