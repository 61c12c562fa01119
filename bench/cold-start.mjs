// How long a command takes from nothing to its end, when somebody is signed in and nobody has to be asked.
import { readdirSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFileStore } from '../dist/stores/file.js'
import { compare, measureRounds } from './measure.mjs'
import { runProcess } from './run-process.mjs'
import { nowhere, signIn } from './signed-in.mjs'

const aim = 1.6
const packageFolder = join(import.meta.dirname, '..')
const modules = join(packageFolder, 'node_modules/@openai')
const planpass = [process.execPath, join(packageFolder, 'dist/bin/planpass.cjs')]

export async function benchColdStart(rounds) {
  const folder = await mkdtemp(join(tmpdir(), 'planpass-bench-'))
  try {
    const env = await signedInEnvironment(folder)
    const subjects = Object.entries(listCommands()).map(([name, command]) => [name, () => runProcess(command, env)])
    return toRows(await measureRounds(Object.fromEntries(subjects), rounds))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function listCommands() {
  return {
    'node -e 0': [process.execPath, '-e', '0'],
    'node -e 0, again': [process.execPath, '-e', '0'],
    'planpass token': [...planpass, 'token'],
    'planpass status': [...planpass, 'status'],
    'codex login status, native': [findCodexBinary(), 'login', 'status'],
    'codex login status, npm wrapper': [process.execPath, join(modules, 'codex/bin/codex.js'), 'login', 'status'],
  }
}

function toRows(samples) {
  const [bare, control, token, status, ...codex] = Object.keys(samples)
  return [
    ...[token, status].map((name) => compare(samples, { name, against: bare, aim })),
    ...[token, status].flatMap((name) => codex.map((against) => compare(samples, { name, against }))),
    ...[...codex, control].map((name) => compare(samples, { name, against: bare })),
  ]
}

/** The same sign-in for both, each in a folder of its own. */
async function signedInEnvironment(folder) {
  const profile = join(folder, 'planpass/default')
  const codexHome = join(folder, 'codex')
  const { credential } = await signIn()
  const store = createFileStore(join(profile, 'auth.json'))
  await store.update(async () => ({ write: credential, result: undefined }))
  await mkdir(codexHome)
  await copyFile(join(profile, 'auth.json'), join(codexHome, 'auth.json'))
  return {
    HOME: folder,
    PLANPASS_HOME: join(folder, 'planpass'),
    CODEX_HOME: codexHome,
    HTTPS_PROXY: nowhere,
    HTTP_PROXY: nowhere,
  }
}

/** Below the platform's package, in the one folder that is named after its target triple. */
function findCodexBinary() {
  const vendor = join(modules, `codex-${process.platform}-${process.arch}`, 'vendor')
  const [triple] = readdirSync(vendor)
  return join(vendor, triple, 'bin', process.platform === 'win32' ? 'codex.exe' : 'codex')
}
