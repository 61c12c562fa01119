import { readdir, readFile, readlink } from 'node:fs/promises'

/** `node (process 4711)`: the program of ours that listens on `port`, where Linux tells (proc(5)); never its arguments, which may be secret. */
export async function findPortHolder(port: number): Promise<string | undefined> {
  const sockets = new Set((await Promise.all(['tcp', 'tcp6'].map((table) => readListeners(table, port)))).flat())
  if (sockets.size === 0) return undefined
  for (const pid of (await readNames('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (await holdsOne(pid, sockets)) return `${await readProgram(pid)} (process ${pid})`
  }
  return undefined
}

const listening = '0A'

/** The sockets that listen on `port`, as their file descriptors name them. */
async function readListeners(table: string, port: number): Promise<string[]> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const lines = (await readText(`/proc/net/${table}`)).split('\n').slice(1)
  const rows = lines.map((line) => line.trim().split(/\s+/))
  const held = rows.filter(([, local = '', , state]) => local.endsWith(suffix) && state === listening)
  return held.map((row) => `socket:[${row[9]}]`)
}

async function holdsOne(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`
  const links = await Promise.all(
    (await readNames(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => '')),
  )
  return links.some((link) => sockets.has(link))
}

async function readProgram(pid: string): Promise<string> {
  const name = (await readText(`/proc/${pid}/comm`)).replaceAll(/[^\w.:-]+/g, ' ').trim()
  return name || 'a program'
}

/** Nothing where there is no such file, or none that we may read. */
function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

function readNames(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}
