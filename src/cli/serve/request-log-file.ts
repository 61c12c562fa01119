import { createWriteStream } from 'node:fs'
import { mkdir, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { RequestEntry } from '../../gateway/index.js'

/** A file of lines of JSON, one for each request. */
export interface RequestLogFile {
  write(entry: RequestEntry): void
  close(): Promise<void>
}

/** One that has grown beyond this is put aside when a gateway starts; the one before it is lost. */
const mostBytes = 10 * 1024 * 1024

/** Nothing of what is said is in it. Losing a line is better than failing at a request: what cannot be written is not. */
export async function openRequestLogFile(path: string): Promise<RequestLogFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  )
  if (size > mostBytes) await rename(path, `${path}.1`)
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 }).on('error', () => undefined)
  return {
    write: (entry) => void stream.write(`${JSON.stringify(entry)}\n`),
    close: () => new Promise((resolve) => stream.end(() => resolve())),
  }
}
