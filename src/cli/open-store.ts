import { join } from 'node:path'
import { createClientIdentity, createCodexProvider, parseServiceUrl } from '../core/index.js'
import type { ClientIdentity, CredentialStore, Provider, RefreshVerdicts } from '../core/index.js'
import { createFileStore, createFileVerdicts } from '../stores/index.js'
import type { Invocation } from './command.js'
import { readDefaultProfile } from './default-profile.js'
import type { Environment } from './host.js'
import { homeFolder, profileFolder } from './profile-folder.js'

/** Where a profile lies, and whom it is for. Opening it reads no credential and connects nothing. */
export interface StoredProfile {
  readonly name: string
  readonly folder: string
  readonly authFile: string
  readonly cacheFolder: string
  readonly store: CredentialStore
  readonly verdicts: RefreshVerdicts
  readonly provider: Provider
  readonly identity: ClientIdentity
}

/**
 * What commands need that only look; the others open the whole profile.
 *
 * @param named Default: what `--profile` says, else what `planpass use` remembered.
 * @throws AuthError `ERR_CONFIG_*`
 */
export function openStore({ host, options }: Invocation, named = options.text('profile')): StoredProfile {
  const name = named ?? readDefaultProfile(homeFolder(host.environment))
  const folder = profileFolder(host.environment, name)
  const provider = createCodexProvider({
    issuer: serviceUrl(options.text('issuer'), '--issuer', host.environment, 'PLANPASS_ISSUER'),
    backendUrl: serviceUrl(options.text('backend-url'), '--backend-url', host.environment, 'PLANPASS_BACKEND_URL'),
  })
  const identity = createClientIdentity(options.text('client-name'))
  const authFile = join(folder, 'auth.json')
  const cacheFolder = join(folder, 'cache')
  const store = createFileStore(authFile)
  const verdicts = createFileVerdicts(cacheFolder)
  return { name, folder, authFile, cacheFolder, store, verdicts, provider, identity }
}

/** The option before the variable; checked here, where we know its name. */
function serviceUrl(
  option: string | undefined,
  optionName: string,
  environment: Environment,
  variable: 'PLANPASS_ISSUER' | 'PLANPASS_BACKEND_URL',
): string | undefined {
  const text = option ?? (environment[variable] || undefined)
  if (text !== undefined) parseServiceUrl(text, option === undefined ? variable : optionName)
  return text
}
