// Checks the package as its users get it: packs it, looks at what is in the tarball and at its types, installs it in an
// empty folder without its optional peers, imports every export and runs the command. Build first.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
/** Adapters stand on the package they adapt to: without it, the error of their import names it. */
const adapters = { './ai-sdk': '@ai-sdk/openai', './ai-sdk-tools': 'ai', './mcp': '@modelcontextprotocol/server' }

const scratch = mkdtempSync(join(tmpdir(), 'planpass-package-'))
try {
  const { filename, files } = pack()
  const tarball = join(scratch, filename)
  checkFileList(files.map(({ path }) => path))
  run('npx', ['--no-install', 'publint', 'run', '--strict', tarball])
  run('npx', ['--no-install', 'attw', '--profile', 'esm-only', tarball])
  const consumer = install(tarball)
  checkOptionalPeersAreAbsent(consumer)
  importEveryExport(consumer)
  runEveryCommand(consumer)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

function pack() {
  const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch])
  const [packed] = Object.values(JSON.parse(output.toString()))
  return packed
}

/** The tarball holds the documents, the bundled command, and one `.js` and one `.d.ts` for each source file. No more. */
function checkFileList(paths) {
  const fromSources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && !path.startsWith('cli/'))
    .flatMap((path) => ['.js', '.d.ts'].map((extension) => `dist/${path.slice(0, -'.ts'.length)}${extension}`))
  const bundled = readdirSync('dist/bin', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('js'))
    .map((path) => `dist/bin/${path}`)
  const skills = readdirSync('skills', { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const documents = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md']

  const expected = new Set([...documents, ...skills, ...bundled, ...fromSources])
  const missing = [...expected].filter((path) => !paths.includes(path))
  const surplus = paths.filter((path) => !expected.has(path))
  assert(missing.length === 0, `the tarball lacks ${missing.join(', ')}`)
  assert(surplus.length === 0, `the tarball should not hold ${surplus.join(', ')}`)
  console.log(`file list: ${paths.length} files, each accounted for`)
}

function install(tarball) {
  const consumer = mkdtempSync(join(scratch, 'consumer-'))
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--engine-strict', tarball], consumer)
  return consumer
}

function checkOptionalPeersAreAbsent(consumer) {
  const installed = readdirSync(join(consumer, 'node_modules'), { recursive: true })
  const present = Object.keys(manifest.peerDependencies).filter((name) => installed.includes(name))
  assert(present.length === 0, `installed although optional: ${present.join(', ')}`)
}

function importEveryExport(consumer) {
  const subpaths = Object.keys(manifest.exports).filter((subpath) => subpath !== './package.json')
  for (const subpath of subpaths) {
    const specifier = manifest.name + subpath.slice(1)
    const peer = adapters[subpath]
    if (peer) assertImportAsksFor(peer, specifier, consumer)
    else run('node', ['--input-type=module', '--eval', importScript(specifier)], consumer)
    console.log(`import: ${specifier}${peer ? ` asks for ${peer}` : ''}`)
  }
}

function importScript(specifier) {
  return `const names = Object.keys(await import('${specifier}')); if (names.length === 0) process.exit(1)`
}

function assertImportAsksFor(peer, specifier, consumer) {
  const options = { cwd: consumer, encoding: 'utf8' }
  const { status, stderr } = spawnSync('node', ['--input-type=module', '--eval', importScript(specifier)], options)
  assert(status !== 0 && stderr.includes(peer), `${specifier} does not ask for ${peer}: ${stderr}`)
}

function runEveryCommand(consumer) {
  for (const name of Object.keys(manifest.bin)) {
    const version = execFileSync(join(consumer, 'node_modules/.bin', name), ['--version'], { encoding: 'utf8' }).trim()
    assert(version.includes(manifest.version), `${name} --version says "${version}", package.json ${manifest.version}`)
    console.log(`command: ${name} --version says ${version}`)
    execFileSync(join(consumer, 'node_modules/.bin', name), ['demo'], { stdio: 'pipe' })
    console.log(`command: ${name} demo goes the whole way`)
  }
}

function run(command, commandArguments, cwd) {
  execFileSync(command, commandArguments, { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
}

function assert(condition, message) {
  if (!condition) throw new Error(message)
}
