import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { packageFolder } from './manifest.js'

interface Row {
  readonly name: string
  readonly against?: string
  readonly measured: { readonly median: number }
  readonly ratio?: { readonly median: number }
  readonly aim?: number
  readonly met?: boolean
}

async function run(...args: string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: packageFolder, timeout: 90_000 })
  return JSON.parse(stdout)
}

async function runBench(): Promise<Row[]> {
  const { benchmarks } = (await run('bench/run.mjs', '--json', '--rounds', '1')) as {
    benchmarks: Record<string, Row[]>
  }
  return Object.values(benchmarks).flat()
}

describe('the benchmarks', () => {
  it('run to their end and judge what has an aim; how fast it is, they only tell', { timeout: 100_000 }, async () => {
    const rows = await runBench()
    const judged = rows.filter(({ met }) => typeof met === 'boolean')

    expect(judged.map(({ name, against, aim }) => [name, against, aim])).toEqual([
      ['planpass token', 'node -e 0', 1.6],
      ['planpass status', 'node -e 0', 1.6],
      ['session.fetch, 1 at a time', 'fetch, same headers', 1.03],
      ['session.fetch, 1 at a time', 'fetch', 1.03],
      ['session.fetch, 8 at a time', 'fetch, same headers', 1.03],
      ['session.fetch, 8 at a time', 'fetch', 1.03],
      ['session.accessToken()', undefined, 2],
      ['minified and gzipped', undefined, 12],
      ['dependencies in its graph', undefined, 0],
    ])
    for (const { measured } of rows) expect(measured.median).toBeGreaterThanOrEqual(0)
    for (const { ratio } of rows.filter(({ against }) => against)) expect(ratio?.median).toBeGreaterThan(0)
  })

  it('count one refresh for each expiry of a sign-in that processes share, and none lost', async () => {
    const args = ['--json', '--contenders', 'planpass', '--fleets', '2x2', '--expiries', '2']
    const rows = await run('bench/refresh-storm.mjs', ...args)

    const counts = { asked: 8, failed: 0, sent: 2, refused: 0, lost: 0 }
    expect(rows).toMatchObject([
      { reuse: 'strict', ...counts },
      { reuse: 'soft', ...counts },
    ])
  })
})
