// Prints what the vault costs, over PostgreSQL servers that it starts itself: node --expose-gc bench/vault/run.mjs [--json] [--rounds N]
// [--sizes 1000,100000,1000000]. Build first. See docs/benchmarks.md.
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { formatTable } from '../format-table.mjs'
import { benchRefresh } from './refresh.mjs'
import { benchResolve } from './resolve.mjs'
import { withFilledVault } from './filled-vault.mjs'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '20' },
    sizes: { type: 'string', default: '1000,100000,1000000' },
  },
})
const rounds = Number(values.rounds)
if (!Number.isSafeInteger(rounds) || rounds < 1) throw new TypeError('--rounds is not a number of rounds.')

const rows = []
for (const size of values.sizes.split(',').map(Number)) {
  rows.push(
    ...(await withFilledVault(size, async (filled) => [
      ...(await benchResolve(filled, rounds)),
      ...(await benchRefresh(filled)),
    ])),
  )
}

const report = {
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  cores: availableParallelism(),
  rounds,
  rows,
}
console.log(values.json ? JSON.stringify(report, undefined, 2) : format(report))

function format({ node, platform, cores }) {
  const title = `Node ${node}, ${platform}, ${cores} cores, medians of ${rounds} rounds`
  const head = ['credentials', 'what', 'measured', 'against a plain SELECT', 'aim', 'met']
  const lines = rows.map(({ size, name, measured, ratio, aim, met }) => [
    String(size),
    name,
    measured,
    ratio === undefined ? '' : ratio.toFixed(2),
    aim === undefined ? '' : `>= ${aim}`,
    met === undefined ? '' : met ? 'yes' : 'no',
  ])
  return `${title}\n\n${formatTable([head, ...lines])}`
}
