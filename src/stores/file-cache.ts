import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A folder of small JSON texts that may be lost at any time. */
export interface FileCache {
  read(name: string): Promise<string | undefined>
  write(name: string, text: string): Promise<void>
}

/** Never holds a credential, and never fails: what cannot be read counts as absent, what cannot be written is not cached. */
export function createFileCache(folder: string): FileCache {
  const fileOf = (name: string) => join(folder, `${name}.json`)
  return {
    read: (name) => readFile(fileOf(name), 'utf8').catch(() => undefined),
    write: (name, text) => replace(fileOf(name), text).catch(() => undefined),
  }
}

/** Loaded when something is first written: most commands only read. */
async function replace(path: string, text: string): Promise<void> {
  const { replaceFile } = await import('./replace-file.js')
  await replaceFile(path, text)
}
