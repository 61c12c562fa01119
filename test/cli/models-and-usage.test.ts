import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/core/index.js'
import { defaultAccount, type Fault } from '../../src/testing/index.js'
import { parseLines, withCliLab, type CliLab } from '../support/cli-lab.js'
import { expectFailure } from '../support/expect-failure.js'

const minuteMs = 60_000
const bob = {
  ...defaultAccount,
  email: 'bob@example.test',
  userId: 'user-bob',
  accountId: 'account-bob',
  planType: 'pro',
}

const commands = [
  { command: 'models', endpoint: 'models', freshForMs: 5 * minuteMs },
  { command: 'usage', endpoint: 'usage', freshForMs: minuteMs },
] as const

async function source({ run }: CliLab, ...argv: string[]): Promise<unknown> {
  const { exitCode, stdout, stderr } = await run([...argv, '--json'])
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return parseLines(stdout)[0]?.['source']
}

describe.each(commands)('planpass $command', ({ command, endpoint, freshForMs }) => {
  it('asks once while its answer is fresh, and again with --force', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      expect(await source(lab, command)).toBe('network')
      expect(await source(lab, command)).toBe('cache')
      expect(lab.emulator.counters.requests[endpoint]).toBe(1)
      expect(await source(lab, command, '--force')).toBe('network')
      await lab.clock.sleep(freshForMs)
      expect(await source(lab, command)).toBe('network')
      expect(lab.emulator.counters.requests[endpoint]).toBe(3)
    })
  })

  it('shows nobody the answer of another account', async () => {
    await withCliLab({ accounts: [defaultAccount, bob] }, async (lab) => {
      await lab.signIn()
      await source(lab, command)
      await lab.signIn(bob)
      expect(await source(lab, command)).toBe('network')
    })
  })

  it('keeps no token in what it caches', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      await source(lab, command)
      const cached = await readFile(join(lab.home, 'default/cache', `${command}.json`), 'utf8')
      expect([...lab.secrets].filter((secret) => cached.includes(secret))).toEqual([])
    })
  })

  it('never refreshes: an access token that has ended is an error with 3', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      await lab.clock.sleep(61 * minuteMs)
      const result = await lab.run([command])
      expectFailure(result, 3, 'ERR_TOKEN_EXPIRED')
      expect(result.stderr).toContain('planpass refresh')
      expect(lab.emulator.counters.refresh.ok).toBe(0)
      expect(lab.emulator.counters.requests[endpoint]).toBe(0)
    })
  })

  it('never refreshes when the backend refuses the token either', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      lab.emulator.expireAccessTokens()
      expectFailure(await lab.run([command]), 6, 'ERR_UPSTREAM_UNAUTHORIZED')
      expect(lab.emulator.counters.refresh.ok).toBe(0)
    })
  })

  it('fails with 3 when nobody is signed in', async () => {
    await withCliLab({}, async (lab) => {
      expectFailure(await lab.run([command]), 3, 'ERR_SIGN_IN_REQUIRED')
    })
  })

  const faults: readonly (Omit<Fault, 'endpoint'> & { exitCode: number; code: ErrorCode })[] = [
    { status: 500, body: 'oops', exitCode: 6, code: 'ERR_UPSTREAM_UNAVAILABLE' },
    { status: 429, body: {}, exitCode: 6, code: 'ERR_UPSTREAM_RATE_LIMITED' },
    { status: 400, body: { detail: 'Bad client_version' }, exitCode: 6, code: 'ERR_UPSTREAM_REJECTED' },
    { status: 403, html: '<!doctype html>', exitCode: 6, code: 'ERR_UPSTREAM_EDGE_BLOCKED' },
    { status: 200, html: '<!doctype html>', exitCode: 6, code: 'ERR_UPSTREAM_BAD_RESPONSE' },
    { status: 200, body: [], exitCode: 6, code: 'ERR_UPSTREAM_BAD_RESPONSE' },
    { status: 302, headers: { location: 'https://elsewhere.test/' }, exitCode: 6, code: 'ERR_UPSTREAM_REDIRECT' },
    { drop: 'before', exitCode: 5, code: 'ERR_NETWORK_UNREACHABLE' },
    { truncateAfterBytes: 10, exitCode: 5, code: 'ERR_NETWORK_UNREACHABLE' },
  ]

  it.each(faults)('fails with $exitCode $code at $status $body $html $drop, and caches nothing', async (row) => {
    const { exitCode, code, ...fault } = row
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const added = lab.emulator.faults.add({ endpoint, ...fault })
      expectFailure(await lab.run([command]), exitCode, code)
      added.remove()
      expect(await source(lab, command)).toBe('network')
    })
  })

  it('says in JSON what failed', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      lab.emulator.faults.add({ endpoint, status: 500, body: 'oops' })
      const { exitCode, stdout } = await lab.run([command, '--json'])
      expect(exitCode).toBe(6)
      expect(JSON.parse(stdout)).toEqual({
        error: { code: 'ERR_UPSTREAM_UNAVAILABLE', message: expect.stringContaining('oops'), remedy: 'retry' },
      })
    })
  })
})

describe('planpass models', () => {
  it('is a table of what the plan offers, best first', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const { stdout } = await lab.run(['models'])
      expect(stdout.trimEnd().split('\n')).toEqual([
        'gpt-6.1-sol  272k context · reasoning low medium high · For coding and everyday work.',
        'gpt-6-luna   272k context · reasoning low medium high · Small and fast.',
        'gpt-5.5      272k context · reasoning low medium high · The generation before.',
      ])
    })
  })

  it('says that there are none', async () => {
    await withCliLab({ scenario: { models: [] } }, async (lab) => {
      await lab.signIn()
      expect(await lab.run(['models'])).toEqual({
        exitCode: 0,
        stdout: '',
        stderr: 'The backend lists no models for this account.\n',
      })
    })
  })

  it('leaves the list where it is when it has not changed', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      await source(lab, 'models')
      await source(lab, 'models', '--force')
      expect(lab.emulator.log.filter(({ endpoint }) => endpoint === 'models').map(({ status }) => status)).toEqual([
        200, 304,
      ])
    })
  })
})

describe('planpass usage', () => {
  it('draws a bar for each window, named by its duration', async () => {
    await withCliLab({}, async (lab) => {
      await lab.signIn()
      const { stdout } = await lab.run(['usage'])
      const resets = expect.stringMatching(/^ {13}resets \d{4}-\d\d-\d\d \d\d:\d\d \(in \d+ \w+\)$/)
      expect(stdout.split('\n')).toEqual([
        'Plan plus',
        '',
        'codex',
        `  5 hours    ${'█'.repeat(5)}${'░'.repeat(19)}  20%`,
        resets,
        `  7 days     ${'█'.repeat(2)}${'░'.repeat(22)}  10%`,
        resets,
        '',
      ])
    })
  })

  it('copes with a window that has no end, a limit beyond the plan, and too much of everything', async () => {
    const usage = {
      primary: { usedPercent: 140, windowSeconds: 18_000 },
      secondary: null,
      additional: [
        {
          limitName: 'review',
          meteredFeature: 'code_review',
          primary: { usedPercent: 0, windowSeconds: 60 },
          secondary: null,
        },
      ],
      credits: { hasCredits: true, unlimited: false, balance: '12.5' },
      reachedType: null,
    }
    await withCliLab({ scenario: { usage } }, async (lab) => {
      await lab.signIn()
      const { exitCode, stdout } = await lab.run(['usage'])
      expect(exitCode).toBe(0)
      expect(stdout).toContain(`  5 hours    ${'█'.repeat(24)} 140%\n`)
      expect(stdout).toContain('\nreview\n')
      expect(stdout).toContain(`  1 minute   ${'░'.repeat(24)}   0%\n`)
      expect(stdout).toMatch(/\n\nCredits: 12\.5\n$/)
    })
  })
})
