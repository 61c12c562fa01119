import { createClientIdentity, createCodexProvider, parseServiceUrl } from '../core/index.js'
import type { ClientIdentity, Provider } from '../core/index.js'
import { createProfileProvider, openProfile, readProviderChoice, type Profile } from '../node/index.js'
import type { ProfileProviderOptions } from '../node/index.js'
import type { Invocation } from './command.js'
import type { Environment } from './host.js'

/** A profile, and whom it is for. Opening it reads no credential and connects nothing. */
export interface StoredProfile extends Profile {
  readonly provider: Provider
  readonly identity: ClientIdentity
}

/**
 * What commands need that only look; the others open the whole profile.
 *
 * @param profile Default: what `--profile` says, else what `planpass use` remembered.
 * @throws AuthError `ERR_CONFIG_*`, `ERR_STORE_READ`
 */
export function openStore({ host, options }: Invocation, profile = options.text('profile')): StoredProfile {
  const stored = openProfile({ profile, environment: { variables: host.environment } })
  const choice = readProviderChoice(stored.folder)
  if (choice.provider === 'codex') return { ...stored, ...openProvider({ host, options }) }
  return { ...stored, ...openChosenProvider({ host, options }, stored.folder, { choice }) }
}

/** The provider of a profile, as it was chosen or is about to be. @throws AuthError `ERR_CONFIG_*` */
export function openChosenProvider(
  { host, options }: Pick<Invocation, 'host' | 'options'>,
  folder: string,
  more: ProfileProviderOptions,
) {
  const identity = createClientIdentity(options.text('client-name'))
  const environment = { variables: host.environment }
  const [issuer, backendUrl] = [options.text('issuer'), options.text('backend-url')]
  const provider = createProfileProvider(folder, { ...more, clock: host.clock, environment, issuer, backendUrl })
  return { provider, identity }
}

/** Whom to ask, and as whom. @throws AuthError `ERR_CONFIG_*` */
export function openProvider({ host, options }: Pick<Invocation, 'host' | 'options'>) {
  const provider = createCodexProvider({
    issuer: serviceUrl(options.text('issuer'), '--issuer', host.environment, 'PLANPASS_ISSUER'),
    backendUrl: serviceUrl(options.text('backend-url'), '--backend-url', host.environment, 'PLANPASS_BACKEND_URL'),
  })
  return { provider, identity: createClientIdentity(options.text('client-name')) }
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
