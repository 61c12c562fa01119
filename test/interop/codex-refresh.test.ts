import { describe, expect, it } from 'vitest'
import { type FakeClock, createFakeClock } from '../../src/testing/index.js'
import { type CodexLab, type CodexLabOptions, withCodexLab } from './codex-lab.js'

const minuteMs = 60_000

/**
 * A login of 57 minutes ago: codex goes by the machine's clock, by which its access token of an hour has three minutes
 * left, and refreshes under five (real-codex 7).
 */
async function withExpiringLogin(
  options: CodexLabOptions,
  body: (lab: CodexLab & { readonly refreshToken: string }) => Promise<void>,
): Promise<void> {
  const clock: FakeClock = createFakeClock(Date.now() - 57 * minuteMs)
  await withCodexLab({ ...options, clock }, async (lab) => {
    const tokens = await lab.emulator.issueTokens()
    await lab.home.writeAuth(tokens)
    await clock.advance(57 * minuteMs)
    await body({ ...lab, refreshToken: tokens.refreshToken })
  })
}

function exec({ run }: CodexLab) {
  return run(['exec', '--skip-git-repo-check', 'say hi'])
}

function refreshes({ emulator }: CodexLab): string[] {
  return emulator.log
    .filter(({ grantType }) => grantType === 'refresh_token')
    .map(({ refreshReason, outcome }) => `${refreshReason} ${outcome}`)
}

/** What another program on the same login would do. */
async function spend({ listener }: CodexLab, refreshToken: string): Promise<number> {
  const response = await fetch(`${listener.issuer}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
    }),
  })
  await response.body?.cancel()
  return response.status
}

describe('codex with an access token that is about to expire', () => {
  it('refreshes it once, ahead of time, and keeps the rotated tokens', async () => {
    await withExpiringLogin({}, async (lab) => {
      const { exitCode, stdout } = await exec(lab)
      expect(stdout).toBe('You said: say hi\n')
      expect(exitCode).toBe(0)
      expect(refreshes(lab)).toEqual(['proactive_expiry refresh:ok'])
      const stored = await lab.home.readAuth()
      expect(stored?.tokens?.refresh_token).toMatch(/^rt_/)
      expect(stored?.tokens?.refresh_token).not.toBe(lab.refreshToken)
      expect(stored?.tokens?.oauth_provenance?.issuer).toBe(lab.listener.issuer)
    })
  })

  // One exec holds several managers of the login, and each tries once (real-codex 8). In strict mode the first of them
  // hears `reused` and the rest `revoked`; which of the two codex prints last is a race of its own.
  it.each([
    ['soft', 'live', /because your refresh token was already used/],
    ['strict', 'revoked', /because your refresh token was (?:already used|revoked)/],
  ] as const)('is refused when its refresh token was used before (%s)', async (reuse, state, message) => {
    await withExpiringLogin({ reuse }, async (lab) => {
      expect(await spend(lab, lab.refreshToken)).toBe(200)
      lab.emulator.clearLog()
      lab.emulator.expireAccessTokens()
      const { exitCode, stderr } = await exec(lab)
      expect(stderr).toMatch(message)
      expect(exitCode).toBe(1)
      expect(refreshes(lab)[0]).toBe('proactive_expiry refresh:reused')
      expect(lab.emulator.sessions.map((session) => session.state)).toEqual([state])
      expect((await lab.home.readAuth())?.tokens?.refresh_token).toBe(lab.refreshToken)
    })
  })

  it('is refused when its refresh token has expired', async () => {
    await withExpiringLogin({}, async (lab) => {
      lab.emulator.expireRefreshTokens()
      lab.emulator.expireAccessTokens()
      const { exitCode, stderr } = await exec(lab)
      expect(stderr).toContain('because your refresh token has expired')
      expect(exitCode).toBe(1)
    })
  })
})

describe('codex with an access token the server calls expired', () => {
  it('recovers with one refresh and answers', async () => {
    await withCodexLab({}, async (lab) => {
      await lab.home.writeAuth(await lab.emulator.issueTokens())
      lab.emulator.expireAccessTokens()
      const { exitCode, stdout } = await exec(lab)
      expect(stdout).toBe('You said: say hi\n')
      expect(exitCode).toBe(0)
      expect(refreshes(lab)).toEqual(['unauthorized_recovery refresh:ok'])
    })
  })

  it('recovers too when only the answer itself is refused', async () => {
    await withCodexLab({}, async (lab) => {
      await lab.home.writeAuth(await lab.emulator.issueTokens())
      const body = { error: { message: 'Provided authentication token is expired.', code: 'token_expired' } }
      lab.emulator.faults.add({
        endpoint: 'responses',
        times: 2,
        when: ({ method }) => method === 'POST',
        status: 401,
        body,
      })
      const { exitCode } = await exec(lab)
      expect(exitCode).toBe(0)
      expect(refreshes(lab)).toEqual(['unauthorized_recovery refresh:ok'])
    })
  })
})
