import { createCodexProvider, type Provider } from '../core/index.js'
import { createSiwcProvider, type SiwcProviderOptions } from '../siwc/index.js'
import { variablesOf, type TargetEnvironment } from './process-environment.js'
import { homeFolder } from './profile-folder.js'
import { readProviderChoice, type ProviderChoice } from './provider-choice.js'
import { createFileHostId, createFileRegistrations } from './siwc-files.js'

/** How the provider of a profile is to be. */
export interface ProfileProviderOptions extends Pick<
  SiwcProviderOptions,
  'requests' | 'background' | 'newRegistration' | 'asksForConsent' | 'clock'
> {
  /** Default: what was chosen at the profile's sign-in, else the Codex client's route. */
  readonly choice?: ProviderChoice | undefined
  readonly environment?: TargetEnvironment | undefined
  /** Default: `PLANPASS_ISSUER`. */
  readonly issuer?: string | undefined
  /** Default: `PLANPASS_BACKEND_URL`, and `PLANPASS_API_URL` for "Sign in with ChatGPT". */
  readonly backendUrl?: string | undefined
}

/**
 * The provider that the profile in `folder` signs in through. Nothing is created before somebody signs in.
 *
 * @throws AuthError `ERR_CONFIG_URL`, `ERR_CONFIG_CLIENT_NAME`, `ERR_STORE_READ`
 */
export function createProfileProvider(folder: string, options: ProfileProviderOptions = {}): Provider {
  const { choice = readProviderChoice(folder), environment, ...rest } = options
  const variables = variablesOf(environment)
  const issuer = options.issuer ?? (variables['PLANPASS_ISSUER'] || undefined)
  if (choice.provider === 'codex') {
    return createCodexProvider({
      issuer,
      backendUrl: options.backendUrl ?? (variables['PLANPASS_BACKEND_URL'] || undefined),
    })
  }
  return createSiwcProvider({
    ...rest,
    appName: choice.appName,
    registrations: createFileRegistrations(folder),
    hostId: createFileHostId(homeFolder(variables)),
    issuer,
    apiUrl: options.backendUrl ?? (variables['PLANPASS_API_URL'] || undefined),
  })
}
