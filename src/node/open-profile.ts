import { join } from 'node:path'
import { Secret, type CredentialStore, type RefreshVerdicts } from '../core/index.js'
import {
  authFileOf,
  createFileVerdicts,
  createProfileStore,
  readChosenStorage,
  type ChosenStorage,
} from '../stores/index.js'
import { readDefaultProfile } from './default-profile.js'
import { variablesOf, type TargetEnvironment } from './process-environment.js'
import { homeFolder, profileFolder } from './profile-folder.js'

/** A profile of the command line, which every program of its person may share. */
export interface Profile {
  readonly name: string
  readonly folder: string
  /** For what can be fetched again; holds no credential. */
  readonly cacheFolder: string
  readonly storage: ChosenStorage
  /** Changes with the credential, and is it when that is kept in a file. Its journal lies beside it. */
  readonly authFile: string
  readonly store: CredentialStore
  readonly verdicts: RefreshVerdicts
}

/** Which profile. */
export interface ProfileOptions {
  /** Default: what `planpass use` remembered. */
  readonly profile?: string | undefined
  /** Default: this process. */
  readonly environment?: TargetEnvironment | undefined
  /** Default: what was chosen at its sign-in, else a file. */
  readonly storage?: ChosenStorage | undefined
}

/**
 * Where a profile lies. Opening it looks at which storage was chosen and at nothing else.
 *
 * @throws AuthError `ERR_CONFIG_USAGE`, `ERR_STORE_READ`
 */
export function openProfile(options: ProfileOptions = {}): Profile {
  const variables = variablesOf(options.environment)
  const name = options.profile ?? readDefaultProfile(homeFolder(variables))
  const folder = profileFolder(variables, name)
  const cacheFolder = join(folder, 'cache')
  const storage = options.storage ?? readChosenStorage(folder) ?? { storage: 'file' }
  const text = variables['PLANPASS_PASSPHRASE']
  const passphrase = text ? new Secret(text) : undefined
  const store = createProfileStore({ folder, storage, passphrase })
  const authFile = authFileOf(folder, storage)
  return { name, folder, cacheFolder, storage, authFile, store, verdicts: createFileVerdicts(cacheFolder) }
}
