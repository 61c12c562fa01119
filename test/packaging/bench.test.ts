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

async function runBench(): Promise<Row[]> {
  const args = ['bench/run.mjs', '--json', '--rounds', '1']
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: packageFolder, timeout: 90_000 })
  const { benchmarks } = JSON.parse(stdout) as { benchmarks: Record<string, Row[]> }
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
      ['minified and gzipped', undefined, 12],
      ['dependencies in its graph', undefined, 0],
    ])
    for (const { measured } of rows) expect(measured.median).toBeGreaterThanOrEqual(0)
    for (const { ratio } of rows.filter(({ against }) => against)) expect(ratio?.median).toBeGreaterThan(0)
  })
})
