// Prints what reading an answer costs: node bench/stream/run.mjs [--json] [--rounds N] [--packages folder] [--megabytes N]. Build first; the peers are
// those that `npm run bench:peers` installs, and are left out when they are not there. See docs/benchmarks.md.
import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { formatReport } from '../format-report.mjs'
import { judge } from '../measure.mjs'
import { benchFirstByte } from './first-byte.mjs'
import { benchLinearity } from './linearity.mjs'
import { loadReaders } from './readers.mjs'
import { benchThroughput } from './throughput.mjs'

/** What a heap may grow by between the first megabyte and the last: what the engine itself keeps for code that has become hot. */
const mostGrowthMegabytes = 2

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '15' },
    megabytes: { type: 'string', default: '1000' },
    packages: { type: 'string', default: join(import.meta.dirname, '../contenders/node_modules') },
  },
})
const rounds = Number(values.rounds)
if (!Number.isSafeInteger(rounds) || rounds < 1) throw new TypeError('--rounds is not a number of rounds.')

const { readers, versions } = await loadReaders(resolve(values.packages))
const report = {
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  cores: availableParallelism(),
  rounds,
  versions,
  benchmarks: {
    throughput: await benchThroughput(readers, rounds),
    'cost by size': await benchLinearity(rounds),
    'first byte': await benchFirstByte(rounds),
    memory: measureMemory(),
  },
}
console.log(values.json ? JSON.stringify(report, undefined, 2) : formatReport(report))

function measureMemory() {
  const script = join(import.meta.dirname, 'memory.mjs')
  const output = execFileSync(process.execPath, ['--expose-gc', script, `${Number(values.megabytes) * 1e6}`])
  const { heaps, peakBytes } = JSON.parse(output.toString())
  const rows = heaps.map(({ bytes, heapBytes }) => ({
    name: `heap after ${Math.round(bytes / 1e6)} MB`,
    unit: 'MB',
    measured: { median: heapBytes / 1e6 },
  }))
  const growth = (heaps.at(-1).heapBytes - heaps[0].heapBytes) / 1e6
  return [
    ...rows,
    { name: 'growth of the heap', unit: 'MB', measured: { median: growth }, ...judge(growth, mostGrowthMegabytes) },
    { name: 'most memory of the process', unit: 'MB', measured: { median: peakBytes / 1e6 } },
  ]
}
