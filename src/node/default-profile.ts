import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AuthError, parseJsonObject, readString } from '../core/index.js'
import { replaceFile } from '../stores/index.js'
import { profileNamePattern } from './profile-folder.js'

/** The profile of a command line that names none, until somebody chooses another. */
export const firstProfile = 'default'

/**
 * What `planpass use` remembered in `<home>/config.json`. A choice that cannot be read is an error: going on with another profile would be going
 * on with another account. Read at once, because opening a profile waits for nothing.
 *
 * @throws AuthError `ERR_CONFIG_USAGE`
 */
export function readDefaultProfile(home: string): string {
  const path = configPath(home)
  const text = readIfThere(path)
  if (text === undefined) return firstProfile
  const profile = readString(parseJsonObject(text), 'profile')
  if (profile !== undefined && profileNamePattern.test(profile)) return profile
  throw unreadable(path, 'names no profile')
}

/** @throws AuthError `ERR_STORE_WRITE` */
export async function writeDefaultProfile(home: string, profile: string): Promise<void> {
  await replaceFile(configPath(home), JSON.stringify({ profile }, undefined, 2))
}

function configPath(home: string): string {
  return join(home, 'config.json')
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined
    throw unreadable(path, `cannot be read (${codeOf(error)})`)
  }
}

function unreadable(path: string, why: string): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', `${path}, which says which profile is the default, ${why}.`, {
    advice: 'Choose it again with `planpass use NAME`, or name one with --profile.',
  })
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : 'unknown'
}
