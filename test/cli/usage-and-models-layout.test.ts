import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { EmulatorOptions } from '../../src/testing/index.js'
import { parseLines, withCliLab, type CliLab } from '../support/cli-lab.js'
import { authTextFrom } from '../support/signed-in.js'

const usage = {
  primary: { usedPercent: 20, windowSeconds: 18_000 },
  secondary: { usedPercent: 93, windowSeconds: 604_800 },
  additional: [
    {
      limitName: 'GPT-6-Luna with a very long name',
      meteredFeature: 'codex_luna',
      primary: { usedPercent: 70, windowSeconds: 3600 },
      secondary: null,
    },
  ],
  credits: { hasCredits: true, unlimited: false, balance: '12.5' },
  reachedType: null,
}

async function signedInLab(body: (lab: CliLab) => Promise<void>, options: EmulatorOptions = {}): Promise<void> {
  await withCliLab({ scenario: { usage }, ...options }, async (lab) => {
    await mkdir(dirname(lab.authFile), { recursive: true, mode: 0o700 })
    const text = (await authTextFrom(lab.emulator)).replaceAll(lab.emulator.issuer, lab.issuer)
    await writeFile(lab.authFile, text, { mode: 0o600 })
    await body(lab)
  })
}

it.each(['usage', 'models'])(
  'planpass %s fits 40, 80 and 200 columns, and reads the same without colour',
  async (command) => {
    for (const columns of [40, 80, 200]) {
      await signedInLab(async ({ run }) => {
        const coloured = await run([command], { columns })
        const plain = await run([command], { columns, environment: { NO_COLOR: '1' } })
        const lines = plain.stdout.split('\n')
        expect(stripVTControlCharacters(coloured.stdout)).toBe(plain.stdout)
        expect(coloured.stdout).not.toBe(plain.stdout)
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns)
      })
    }
  },
)

describe('planpass usage', () => {
  const linesIn = async ({ run }: CliLab, columns: number) =>
    (await run(['usage'], { columns, environment: { NO_COLOR: '1' } })).stdout.split('\n')

  it('tells the reset in short where there is little room, and beside the bar where there is much', async () => {
    await signedInLab(async (lab) => {
      expect(await linesIn(lab, 40)).toEqual([
        'Plan plus',
        '',
        'codex',
        '  5 hours    ██░░░░░░░░  20%',
        expect.stringMatching(/^ {13}resets in \d hours?$/),
        '  7 days     █████████░  93%',
        expect.stringMatching(/^ {13}resets in \d (days|hours|minutes)$/),
        '',
        'GPT-6-Luna with a very long name',
        '  1 hour     ███████░░░  70%',
        expect.stringMatching(/^ {13}resets in \d+ (hour|minutes)$/),
        '',
        'Credits: 12.5',
        '',
      ])
      expect((await linesIn(lab, 200))[3]).toMatch(
        /^ {2}5 hours {4}█{5}░{19} {2}20% {2}resets [\d-]+ [\d:]+ \(in .*\)$/,
      )
    })
  })

  it('names the limit that is reached', async () => {
    const scenario = { usage: { ...usage, reachedType: 'workspace_owner_credits_depleted' } }
    await signedInLab(
      async (lab) => {
        expect(await linesIn(lab, 80)).toContain('Reached: workspace owner credits depleted')
        const [json] = parseLines((await lab.run(['usage', '--json'])).stdout)
        expect(json).toMatchObject({
          reachedType: 'workspace_owner_credits_depleted',
          failure: null,
          windows: [
            { limit: 'codex', name: 'codex', durationSeconds: 18_000 },
            { limit: 'codex', durationSeconds: 604_800 },
            { limit: 'codex_luna', name: 'GPT-6-Luna with a very long name' },
          ],
        })
      },
      { scenario },
    )
  })

  it('leaves a mark for its history, without a token', async () => {
    await signedInLab(async ({ run, home, secrets }) => {
      await run(['usage'])
      const folder = join(home, 'default/cache')
      const [name = ''] = (await readdir(folder)).filter((entry) => entry.endsWith('.jsonl'))
      const text = await readFile(join(folder, name), 'utf8')
      expect(parseLines(text)).toMatchObject([
        { windows: [{ usedPercent: 20 }, { usedPercent: 93 }, { usedPercent: 70 }] },
      ])
      expect([...secrets].filter((secret) => text.includes(secret))).toEqual([])
    })
  })
})

it.each(['usage', 'models'] as const)(
  'planpass %s gives the last answer when the backend is down, and says so',
  async (command) => {
    await signedInLab(async ({ run, emulator, clock }) => {
      const first = await run([command])
      await clock.sleep(10 * 60_000)
      emulator.faults.add({ endpoint: command, status: 503 })
      const again = await run([command])
      expect(again.exitCode).toBe(0)
      expect(again.stdout.split('\n')).toHaveLength(first.stdout.split('\n').length)
      expect(again.stderr).toMatch(
        /^planpass: The backend failed .*\nThis is from 10 minutes ago\. \(ERR_UPSTREAM_UNAVAILABLE\)\n$/,
      )
      const [json] = parseLines((await run([command, '--json'])).stdout)
      expect(json).toMatchObject({ source: 'cache', failure: 'ERR_UPSTREAM_UNAVAILABLE' })
    })
  },
)
