// Counts what planpass and its peers ask of the issuer when many processes share one sign-in, and how often it is lost: npm run bench:peers, or
// node bench/refresh-storm.mjs [--json] [--fleets 1x1,8x4] [--expiries 10] [--contenders planpass,pi-ai].
// A fleet is its processes by the requests that each makes at once. See docs/benchmarks.md.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { formatTable } from './format-table.mjs'
import { countStorm } from './storm.mjs'

/** Where each keeps a sign-in that processes share, and the package that proves that it is installed. */
const contenders = {
  planpass: { storage: 'auth.json, locked' },
  'openai-codex-oauth': { storage: "Codex's auth.json", package: 'openai-codex-oauth' },
  'openai-oauth': { storage: "Codex's auth.json", package: '@openai-oauth/local' },
  'pi-ai': { storage: "none: its caller's file", package: '@mariozechner/pi-ai' },
}
const packages = join(import.meta.dirname, 'contenders/node_modules')
const headings = ['', 'storage', 're-use', 'refreshes', 'needed', 'refused', 'failed requests', 'lost sessions']

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    fleets: { type: 'string', default: '1x1,1x4,8x4' },
    expiries: { type: 'string', default: '10' },
    contenders: { type: 'string', default: Object.keys(contenders).join() },
  },
})
const expiries = toCount(values.expiries)
const fleets = values.fleets.split(',').map(toFleet)
const chosen = values.contenders.split(',').map(findContender)

const rows = []
for (const fleet of fleets)
  for (const reuse of ['strict', 'soft'])
    for (const { name, title, storage } of chosen) {
      const counts = await countStorm(name, { ...fleet, reuse, expiries })
      rows.push({ name: title, storage, fleet, reuse, expiries, ...counts })
    }
console.log(values.json ? JSON.stringify(rows, undefined, 2) : formatRows())

function toCount(text) {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) throw new TypeError(`"${text}" is not a count.`)
  return count
}

function toFleet(text) {
  const [processes, requests] = text.split('x').map(toCount)
  if (requests === undefined) throw new TypeError(`"${text}" is not a fleet: write processes, x, requests.`)
  return { processes, requests }
}

function findContender(name) {
  const contender = contenders[name]
  if (!contender) throw new TypeError(`There is no contender ${name}, only ${Object.keys(contenders).join(', ')}.`)
  return { name, storage: contender.storage, title: `${name} ${findVersion(name, contender.package)}` }
}

function findVersion(name, packageName) {
  const folder = packageName ? join(packages, packageName) : join(import.meta.dirname, '..')
  const manifest = join(folder, 'package.json')
  if (!existsSync(manifest)) throw new Error(`${name} is not installed; \`npm run bench:peers\` does that.`)
  return JSON.parse(readFileSync(manifest, 'utf8')).version
}

function formatRows() {
  const conditions = `Node ${process.version}, ${process.platform}-${process.arch}, ${expiries} expiries`
  const table = fleets.flatMap((fleet) => [
    [`processes: ${fleet.processes}, requests at once in each: ${fleet.requests}`],
    ...rows.filter((row) => row.fleet === fleet).map(toCells),
    [],
  ])
  return [conditions, '', formatTable([headings, ...table])].join('\n')
}

function toCells({ name, storage, reuse, sent, expiries: needed, refused, failed, asked, lost }) {
  const counts = [sent, needed, refused, `${failed} of ${asked}`, `${lost} of ${needed}`]
  return [`  ${name}`, storage, reuse, ...counts.map(String)]
}
