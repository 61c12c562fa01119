// Prints what planpass costs, as ratios within this run: node bench/run.mjs [--json] [--rounds N]. Build first. See docs/benchmarks.md.
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { benchAuthorizedFetch } from './authorized-fetch.mjs'
import { benchColdStart } from './cold-start.mjs'
import { benchHotPath } from './hot-path.mjs'
import { benchRootEntry } from './root-entry.mjs'
import { formatReport } from './format-report.mjs'

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '60' } },
})
const rounds = Number(values.rounds)
if (!Number.isSafeInteger(rounds) || rounds < 1) throw new TypeError('--rounds is not a number of rounds.')

const report = {
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  cores: availableParallelism(),
  rounds,
  benchmarks: {
    'cold start': await benchColdStart(rounds),
    'authorized fetch': await benchAuthorizedFetch(rounds),
    'hot path': await benchHotPath(rounds),
    'root entry': await benchRootEntry(rounds),
  },
}
console.log(values.json ? JSON.stringify(report, undefined, 2) : formatReport(report))
