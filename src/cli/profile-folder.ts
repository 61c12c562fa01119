import { join } from 'node:path'
import { AuthError } from '../core/index.js'
import type { Environment } from './host.js'

/** What a profile may be called: a plain word, so that it is one folder, and not the name of the file beside it. */
export const profileNamePattern = /^(?!config\.json$)\w[\w.-]{0,63}$/i

/** The folder of a profile; it also serves as a `CODEX_HOME`. @throws AuthError `ERR_CONFIG_USAGE` for a name that is not a plain word */
export function profileFolder(environment: Environment, profile: string): string {
  if (!profileNamePattern.test(profile)) {
    throw new AuthError('ERR_CONFIG_USAGE', 'The profile name is not a plain word.', {
      advice: 'Use letters, digits, dots, dashes and underscores.',
    })
  }
  return join(homeFolder(environment), profile)
}

/** Where the profiles lie. @throws AuthError `ERR_CONFIG_USAGE` when nothing says where */
export function homeFolder(environment: Environment): string {
  const { PLANPASS_HOME, XDG_CONFIG_HOME, APPDATA } = environment
  if (PLANPASS_HOME) return PLANPASS_HOME
  if (process.platform === 'win32' && APPDATA) return join(APPDATA, 'planpass')
  if (XDG_CONFIG_HOME) return join(XDG_CONFIG_HOME, 'planpass')
  const home = environment.HOME || environment.USERPROFILE
  if (home) return join(home, '.config', 'planpass')
  throw new AuthError('ERR_CONFIG_USAGE', 'There is no home folder to keep the sign-in in.', {
    advice: 'Set PLANPASS_HOME to a folder.',
  })
}
