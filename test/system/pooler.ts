import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { PostgresConnection, PostgresServer } from '../vault/postgres-server.mjs'

const program = '/usr/sbin/pgbouncer'
/** Part of the socket's name, nothing more. */
const port = 6432

/** A PgBouncer in transaction mode before a server, its socket in the server's folder. */
export interface Pooler {
  readonly connection: (role: string, database: string) => PostgresConnection
  readonly stop: () => Promise<void>
}

/** @param most Connections to the server, however many are wanted of the pooler */
export async function startPooler({ socketFolder }: PostgresServer, most: number): Promise<Pooler> {
  if (!existsSync(program)) throw new Error('pgbouncer is missing. Install it: apt-get install pgbouncer')
  const settings = join(socketFolder, 'pgbouncer.ini')
  const users = join(socketFolder, 'users.txt')
  await writeFile(users, '"vault_application" ""\n"vault_owner" ""\n')
  await writeFile(settings, toSettings(socketFolder, users, most))
  // It refuses to run as root.
  const account = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn(program, [...account, settings], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  await untilUp(child)
  return {
    connection: (role, database) => ({ host: socketFolder, port, user: role, database }),
    stop: async () => {
      child.kill('SIGINT')
      await ended
    },
  }
}

function toSettings(folder: string, users: string, most: number): string {
  const lines = [
    '[databases]',
    `* = host=${folder} port=5432`,
    '[pgbouncer]',
    'listen_addr =',
    `listen_port = ${port}`,
    `unix_socket_dir = ${folder}`,
    'auth_type = trust',
    `auth_file = ${users}`,
    'pool_mode = transaction',
    `default_pool_size = ${most}`,
    'ignore_startup_parameters = extra_float_digits',
  ]
  return `${lines.join('\n')}\n`
}

async function untilUp(child: ChildProcessByStdio<null, null, Readable>): Promise<void> {
  let printed = ''
  const up = new Promise<void>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      printed += text
      if (printed.includes('process up')) resolve()
    })
  })
  const ended = once(child, 'exit').then(() => {
    throw new Error(`PgBouncer ended: ${printed}`)
  })
  await Promise.race([up, ended])
}
