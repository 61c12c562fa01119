import { readdir } from 'node:fs/promises'
import { AuthError } from '../core/index.js'
import { homeFolder, profileFolder, profileNamePattern } from '../node/index.js'
import type { Environment } from './host.js'

/** What planpass itself puts into the folder of a profile. Everything else in there is somebody else's: the folder may serve as a `CODEX_HOME`. */
const ownEntry = /^(\.?(auth|keyring|storage|provider|registration)(\.[\w-]+)?\.json.*|cache|broker\.sock)$/

/** Every folder that a sign-in, or the memory of one, lies in; in the order of the alphabet. */
export async function readProfileNames(environment: Environment): Promise<string[]> {
  const names = (await readNames(homeFolder(environment))).filter((name) => profileNamePattern.test(name))
  const isProfile = await Promise.all(names.map(async (name) => (await readOwnEntries(environment, name)).length > 0))
  return names.filter((_, index) => isProfile[index]).toSorted()
}

/** The names of planpass's own files in the folder of `profile`. */
export async function readOwnEntries(environment: Environment, profile: string): Promise<string[]> {
  return (await readNames(profileFolder(environment, profile))).filter((name) => ownEntry.test(name))
}

/** @throws AuthError `ERR_CONFIG_USAGE` */
export async function requireProfile(environment: Environment, profile: string): Promise<void> {
  if ((await readOwnEntries(environment, profile)).length > 0) return
  throw new AuthError('ERR_CONFIG_USAGE', `There is no profile \`${profile}\` in ${homeFolder(environment)}.`, {
    advice: `See \`planpass profiles\`; \`planpass login --profile ${profile}\` makes one.`,
  })
}

/** Nothing where there is no folder. */
async function readNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw new AuthError('ERR_STORE_READ', `${folder} cannot be read (${String(code)}).`, { cause: error })
  }
}
