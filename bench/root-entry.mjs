// What `import 'planpass'` costs: the time it adds to a fresh process, and its weight in somebody's bundle.
import { build } from 'esbuild'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { compare, judge, measureRounds } from './measure.mjs'
import { runProcess } from './run-process.mjs'

const packageFolder = join(import.meta.dirname, '..')
const entry = 'dist/core/index.js'
const mostKilobytes = 12

const modules = {
  'empty module': 'export {}',
  'empty module, again': 'export {}',
  "import 'planpass'": `await import(${JSON.stringify(new URL(`../${entry}`, import.meta.url))})`,
}

export async function benchRootEntry(rounds) {
  const subjects = Object.entries(modules).map(([name, source]) => [name, () => runModule(source)])
  const samples = await measureRounds(Object.fromEntries(subjects), rounds)
  const [empty, control, root] = Object.keys(modules)
  const times = [root, control].map((name) => compare(samples, { name, against: empty }))
  return [...times, ...(await weigh())]
}

function runModule(source) {
  runProcess([process.execPath, '--input-type=module', '--eval', source])
}

async function weigh() {
  const { outputFiles, metafile } = await build({
    absWorkingDir: packageFolder,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    packages: 'external',
    metafile: true,
    write: false,
  })
  const kilobytes = gzipSync(outputFiles[0].contents).byteLength / 1000
  const dependencies = Object.values(metafile.outputs)[0].imports.length
  return [
    { name: 'minified and gzipped', unit: 'kB', measured: { median: kilobytes }, ...judge(kilobytes, mostKilobytes) },
    { name: 'dependencies in its graph', unit: '', measured: { median: dependencies }, ...judge(dependencies, 0) },
  ]
}
