import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AuthError, parseJsonObject, readString } from '../core/index.js'
import { replaceFile } from '../stores/index.js'

/** Through which provider a profile signs in. */
export type ProviderChoice =
  | { readonly provider: 'codex' }
  /** The name of the program that the person connected. */
  | { readonly provider: 'siwc'; readonly appName: string }

/**
 * What was chosen for the profile in `folder`. One that cannot be read is an error: going on with another provider would be going on under other
 * terms. Read at once, because opening a profile waits for nothing.
 *
 * @throws AuthError `ERR_STORE_READ`
 */
export function readProviderChoice(folder: string): ProviderChoice {
  const path = choicePath(folder)
  const text = readIfThere(path)
  if (text === undefined) return { provider: 'codex' }
  const json = parseJsonObject(text)
  const appName = readString(json, 'appName')
  if (json?.['provider'] === 'codex') return { provider: 'codex' }
  if (json?.['provider'] === 'siwc' && appName) return { provider: 'siwc', appName }
  throw unreadable(path, 'does not say which provider was chosen')
}

/** Remembers the choice in `<folder>/provider.json`. @throws AuthError `ERR_STORE_WRITE` */
export async function writeProviderChoice(folder: string, choice: ProviderChoice): Promise<void> {
  await replaceFile(choicePath(folder), JSON.stringify(choice, undefined, 2))
}

function choicePath(folder: string): string {
  return join(folder, 'provider.json')
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw unreadable(path, 'cannot be read')
  }
}

function unreadable(path: string, why: string): AuthError {
  return new AuthError('ERR_STORE_READ', `${path} ${why}.`, {
    advice: 'Correct it, or sign in with another --profile.',
  })
}
