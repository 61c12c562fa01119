import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { ConsoleFile, ConsoleFiles } from '../gateway/index.js'
import { consoleDocument } from './console-document.js'
import { consoleIcon } from './console-icon.js'
import { consoleStyle } from './style/console-style.js'

/**
 * Where the scripts of the page lie. They are modules that a browser loads as they are, so they stay files also where everything else is in one
 * bundle: the package finds itself by its own name.
 */
function scriptFolder(): string {
  const manifest = createRequire(import.meta.url).resolve('planpass/package.json')
  return join(dirname(manifest), 'dist/console/page')
}

const icon: ConsoleFile = { type: 'image/svg+xml', body: consoleIcon }

const written: readonly (readonly [path: string, file: ConsoleFile])[] = [
  ['/', { type: 'text/html; charset=utf-8', body: consoleDocument }],
  ['/console/style.css', { type: 'text/css; charset=utf-8', body: consoleStyle }],
  ['/console/icon.svg', icon],
  // What browsers ask for on behalf of a page that names no icon.
  ['/favicon.ico', icon],
]

/**
 * Every file of the page, by its path. The same for everybody, and complete: the page asks no other server for anything.
 *
 * @throws Error when the package was not built, or lacks its files
 */
export async function readConsoleFiles(): Promise<ConsoleFiles> {
  const folder = scriptFolder()
  const names = (await readdir(folder)).filter((name) => name.endsWith('.js'))
  const scripts = names.map(async (name): Promise<[string, ConsoleFile]> => {
    const body = await readFile(join(folder, name), 'utf8')
    return [`/console/${name}`, { type: 'text/javascript; charset=utf-8', body }]
  })
  return new Map([...written, ...(await Promise.all(scripts))])
}
