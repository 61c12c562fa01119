import { readdir, readFile, readlink } from 'node:fs/promises'
import { toOneSafeLine } from '../core/index.js'

/** Who listens on a loopback port, where the system tells: `node (process 4711)`. Linux does, for the programs of the same person. */
export async function findPortHolder(port: number): Promise<string | undefined> {
  try {
    const sockets = await listeningSockets(port)
    return sockets.size === 0 ? undefined : await findProcess(sockets)
  } catch {
    return undefined
  }
}

/** The links a process has to what listens on this port (proc(5): `/proc/net/tcp`). */
async function listeningSockets(port: number): Promise<ReadonlySet<string>> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')))
  const inHex = port.toString(16).toUpperCase().padStart(4, '0')
  const listening = tables
    .flatMap((table) => table.split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(`:${inHex}`) && state === '0A')
  return new Set(listening.map((columns) => `socket:[${columns[9]}]`))
}

async function findProcess(sockets: ReadonlySet<string>): Promise<string | undefined> {
  for (const id of await readdir('/proc')) {
    if (/^\d+$/.test(id) && (await holdsOne(id, sockets))) return describe(id)
  }
  return undefined
}

async function holdsOne(id: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${id}/fd`
  const descriptors = await readdir(folder).catch(() => [])
  const links = await Promise.all(descriptors.map((name) => readlink(`${folder}/${name}`).catch(() => '')))
  return links.some((link) => sockets.has(link))
}

/** A program that somebody suspended with Ctrl-Z holds its port, and answers nobody. */
async function describe(id: string): Promise<string> {
  const [name, status] = await Promise.all(['comm', 'status'].map((file) => readFile(`/proc/${id}/${file}`, 'utf8')))
  const isStopped = /^State:\s*T/m.test(status ?? '')
  return `${toOneSafeLine(name ?? '')} (process ${id}${isStopped ? ', which is suspended' : ''})`
}
