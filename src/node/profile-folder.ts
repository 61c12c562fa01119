import { join } from 'node:path'
import { AuthError } from '../core/index.js'

/** The variables that say where the profiles lie. */
export interface HomeVariables {
  readonly PLANPASS_HOME?: string | undefined
  readonly XDG_CONFIG_HOME?: string | undefined
  readonly APPDATA?: string | undefined
  readonly HOME?: string | undefined
  readonly USERPROFILE?: string | undefined
}

/** What a profile may be called: a plain word, so that it is one folder, and not the name of the file beside it. */
export const profileNamePattern = /^(?!config\.json$)\w[\w.-]{0,63}$/i

/** The folder of a profile; it also serves as a `CODEX_HOME`. @throws AuthError `ERR_CONFIG_USAGE` for a name that is not a plain word */
export function profileFolder(variables: HomeVariables, profile: string): string {
  if (!profileNamePattern.test(profile)) {
    throw new AuthError('ERR_CONFIG_USAGE', 'The profile name is not a plain word.', {
      advice: 'Use letters, digits, dots, dashes and underscores.',
    })
  }
  return join(homeFolder(variables), profile)
}

/** Where the profiles lie. @throws AuthError `ERR_CONFIG_USAGE` when nothing says where */
export function homeFolder(variables: HomeVariables): string {
  const { PLANPASS_HOME, XDG_CONFIG_HOME, APPDATA } = variables
  if (PLANPASS_HOME) return PLANPASS_HOME
  if (process.platform === 'win32' && APPDATA) return join(APPDATA, 'planpass')
  if (XDG_CONFIG_HOME) return join(XDG_CONFIG_HOME, 'planpass')
  const home = variables.HOME || variables.USERPROFILE
  if (home) return join(home, '.config', 'planpass')
  throw new AuthError('ERR_CONFIG_USAGE', 'There is no home folder to keep the sign-in in.', {
    advice: 'Set PLANPASS_HOME to a folder.',
  })
}
