import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/core/index.js'
import type { Fault } from '../../src/testing/index.js'
import { parseLines, withCliLab, type CliLab } from '../support/cli-lab.js'
import { expectFailure } from '../support/expect-failure.js'

const minuteMs = 60_000

/** Lets time pass until the access token has `leftMs` left. */
async function passTimeUntil(lab: CliLab, leftMs: number): Promise<void> {
  const [status = {}] = parseLines((await lab.run(['status', '--json'])).stdout)
  await lab.clock.sleep(Date.parse(String(status['expiresAt'])) - leftMs - lab.clock.now())
}

async function withDueToken(leftMs: number, body: (lab: CliLab) => Promise<void>): Promise<void> {
  await withCliLab({}, async (lab) => {
    await lab.signIn()
    await passTimeUntil(lab, leftMs)
    await body(lab)
  })
}

async function storedToken({ readAuth }: CliLab): Promise<string> {
  return String((await readAuth()).tokens['access_token'])
}

describe('planpass token', () => {
  it('prints the stored token and nothing else, and asks nobody, while it is good for more than that', async () => {
    await withDueToken(6 * minuteMs, async (lab) => {
      lab.emulator.clearLog()
      const token = await storedToken(lab)
      expect(await lab.run(['token'])).toEqual({ exitCode: 0, stdout: `${token}\n`, stderr: '' })
      expect(lab.emulator.log).toEqual([])
    })
  })

  it.each([5 * minuteMs, minuteMs, -minuteMs])('refreshes first when %i ms are left', async (leftMs) => {
    await withDueToken(leftMs, async (lab) => {
      const before = await storedToken(lab)
      const { exitCode, stdout, stderr } = await lab.run(['token'])
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
      expect(stdout).toBe(`${await storedToken(lab)}\n`)
      expect(stdout).not.toBe(`${before}\n`)
      expect(lab.emulator.counters.refresh.ok).toBe(1)
    })
  })

  it('renews a token that the server ended before its time, when told to verify it', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const before = await storedToken(lab)
      lab.emulator.expireAccessTokens()
      expect((await lab.run(['token'])).stdout).toBe(`${before}\n`)
      const { exitCode, stdout } = await lab.run(['token', '--verify'])
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${await storedToken(lab)}\n` })
      expect(stdout).not.toBe(`${before}\n`)
      expect(lab.emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
    })
  })

  it('tells the end of the token with --json', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const { stdout } = await lab.run(['token', '--json'])
      const [printed = {}] = parseLines(stdout)
      expect(printed).toEqual({ accessToken: await storedToken(lab), expiresAt: expect.any(String) })
      expect(Date.parse(String(printed['expiresAt']))).toBeGreaterThan(lab.clock.now() + 59 * minuteMs)
    })
  })

  const faults: readonly (Omit<Fault, 'endpoint'> & { exitCode: number; code: ErrorCode })[] = [
    { status: 500, body: 'oops', exitCode: 3, code: 'ERR_TOKEN_REFRESH_UNAVAILABLE' },
    { status: 429, body: {}, exitCode: 3, code: 'ERR_TOKEN_REFRESH_UNAVAILABLE' },
    { status: 403, html: '<!doctype html>', exitCode: 6, code: 'ERR_UPSTREAM_EDGE_BLOCKED' },
    { status: 200, body: {}, exitCode: 6, code: 'ERR_UPSTREAM_BAD_RESPONSE' },
    { drop: 'before', exitCode: 5, code: 'ERR_NETWORK_UNREACHABLE' },
    {
      status: 401,
      body: { error: { code: 'refresh_token_expired' } },
      exitCode: 3,
      code: 'ERR_TOKEN_REFRESH_EXPIRED',
    },
    { status: 400, body: { error: 'invalid_grant' }, exitCode: 3, code: 'ERR_TOKEN_REFRESH_REJECTED' },
  ]

  it.each(faults)('prints no token that is nearly over when the refresh fails: $code', async (row) => {
    const { exitCode, code, ...fault } = row
    await withDueToken(minuteMs, async (lab) => {
      lab.emulator.faults.add({ endpoint: 'token', ...fault })
      const result = await lab.run(['token'])
      expect({ exitCode: result.exitCode, stdout: result.stdout }).toEqual({ exitCode, stdout: '' })
      expect(result.stderr).toContain(`(${code})`)
    })
  })

  it('fails with 3 when nobody is signed in', async () => {
    await withCliLab({}, async (lab) => {
      expectFailure(await lab.run(['token']), 3, 'ERR_SIGN_IN_REQUIRED')
    })
  })
})

describe('planpass refresh', () => {
  it('says until when the new token is good', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const result = await lab.run(['refresh'])
      expect(result).toMatchObject({ exitCode: 0, stdout: '' })
      expect(result.stderr).toMatch(/^Refreshed\. Valid until \d{4}-\d\d-\d\d \d\d:\d\d \(in 1 hour\)\.\n$/)
    })
  })

  it('fails with 3 when the session was revoked, and does not spend the dead token again', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      lab.emulator.revokeSession(lab.emulator.sessions[0]?.id ?? '')
      expectFailure(await lab.run(['refresh']), 3, 'ERR_TOKEN_REFRESH_REVOKED')
      expectFailure(await lab.run(['refresh']), 3, 'ERR_TOKEN_REFRESH_REVOKED')
      expect(lab.emulator.counters.refresh.revoked).toBe(1)
    })
  })

  it('fails with 3 when nobody is signed in', async () => {
    await withCliLab({}, async (lab) => {
      expectFailure(await lab.run(['refresh']), 3, 'ERR_SIGN_IN_REQUIRED')
    })
  })
})

describe('planpass logout', () => {
  it('forgets the sign-in although the server is gone, and says so', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      lab.emulator.faults.add({ endpoint: 'revoke', drop: 'before' })
      const result = await lab.run(['logout'])
      expect(result).toMatchObject({ exitCode: 0, stdout: '' })
      expect(result.stderr).toContain('the server did not revoke the session')
      expect(await lab.run(['status'])).toMatchObject({ exitCode: 3 })
    })
  })

  it('names the reason with --json', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      lab.emulator.faults.add({ endpoint: 'revoke', status: 500, body: 'oops' })
      const { stdout } = await lab.run(['logout', '--json'])
      expect(parseLines(stdout)).toEqual([{ removed: true, revocation: 'failed', reason: 'ERR_UPSTREAM_UNAVAILABLE' }])
    })
  })

  it('has nothing to do when nobody is signed in', async () => {
    await withCliLab({}, async (lab) => {
      expect(await lab.run(['logout'])).toEqual({ exitCode: 0, stdout: '', stderr: 'Nobody was signed in.\n' })
    })
  })
})

describe('planpass status', () => {
  it('asks nobody, and works when the server is gone', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      lab.emulator.clearLog()
      expect(await lab.run(['status'])).toMatchObject({ exitCode: 0, stderr: '' })
      expect(lab.emulator.log).toEqual([])
      const environment = {
        PLANPASS_ISSUER: 'http://127.0.0.1:9',
        PLANPASS_BACKEND_URL: 'http://127.0.0.1:9/backend-api',
      }
      const gone = await lab.runProcess(['status'], { environment })
      expect(gone).toMatchObject({ stderr: '' })
      expect(gone.stdout).toMatch(/^Signed in as ada@example\.test\n/)
    })
  })

  it('is refreshable after the end of the access token, and dead once the refresh token is refused', async () => {
    await withDueToken(-minuteMs, async (lab) => {
      const ended = await lab.run(['status', '--json'])
      expect(ended.exitCode).toBe(0)
      expect(parseLines(ended.stdout)).toMatchObject([{ signedIn: true, state: 'refreshable', reason: null }])
      lab.emulator.expireRefreshTokens()
      expect(await lab.run(['refresh'])).toMatchObject({ exitCode: 3 })
      const dead = await lab.run(['status', '--json'])
      expect(dead.exitCode).toBe(3)
      expect(parseLines(dead.stdout)).toMatchObject([
        { signedIn: false, state: 'dead', reason: 'ERR_TOKEN_REFRESH_EXPIRED', email: 'ada@example.test' },
      ])
      expect((await lab.run(['status'])).stdout).toMatch(
        /^ada@example\.test has to sign in again\. Run `planpass login`\.\n/,
      )
    })
  })

  it('says in words until when', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const { stdout } = await lab.run(['status'])
      expect(stdout.split('\n')).toEqual([
        'Signed in as ada@example.test',
        expect.stringMatching(/^ {2}state {4}valid until \d{4}-\d\d-\d\d \d\d:\d\d \(in \d+ \w+\)$/),
        '  provider codex',
        '  plan     plus',
        '  account  account-emulated-1',
        `  issuer   ${lab.issuer}`,
        `  store    ${lab.authFile}`,
        '',
      ])
    })
  })
})
