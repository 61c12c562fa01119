import { join } from 'node:path'
import { createClientIdentity, createCodexProvider, createSession, parseServiceUrl } from '../core/index.js'
import type { ClientIdentity, CredentialStore, Fetch, Provider, Session } from '../core/index.js'
import { createFileCache, createFileStore, createFileVerdicts, type FileCache } from '../stores/index.js'
import type { Invocation } from './command.js'
import { readDefaultProfile } from './default-profile.js'
import type { Environment } from './host.js'
import { homeFolder, profileFolder } from './profile-folder.js'

/** What a command works with: the profile's store and a session over it. Opening it reads no credential and connects nothing. */
export interface Profile {
  readonly name: string
  readonly folder: string
  readonly authFile: string
  readonly store: CredentialStore
  readonly session: Session
  readonly provider: Provider
  readonly identity: ClientIdentity
  readonly fetch: Fetch
  readonly cache: FileCache
}

/**
 * @param named Default: what `--profile` says, else what `planpass use` remembered.
 * @throws AuthError `ERR_CONFIG_*`
 */
export function openProfile({ host, options }: Invocation, named = options.text('profile')): Profile {
  const name = named ?? readDefaultProfile(homeFolder(host.environment))
  const folder = profileFolder(host.environment, name)
  const provider = createCodexProvider({
    issuer: serviceUrl(options.text('issuer'), '--issuer', host.environment, 'PLANPASS_ISSUER'),
    backendUrl: serviceUrl(options.text('backend-url'), '--backend-url', host.environment, 'PLANPASS_BACKEND_URL'),
  })
  const identity = createClientIdentity(options.text('client-name'))
  const authFile = join(folder, 'auth.json')
  const store = createFileStore(authFile)
  const fetch = lazyTransport(host.environment)
  const cacheFolder = join(folder, 'cache')
  const verdicts = createFileVerdicts(cacheFolder)
  const logger = { debug: () => {}, warn: (message: string) => host.stderr.write(`planpass: ${message}\n`) }
  const session = createSession({ store, provider, identity, fetch, clock: host.clock, verdicts, logger })
  return { name, folder, authFile, store, session, provider, identity, fetch, cache: createFileCache(cacheFolder) }
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

/** Commands that never connect do not load what it takes to connect. */
function lazyTransport(environment: Environment): Fetch {
  let transport: Promise<Fetch> | undefined
  const connect = async () => (await import('../network/index.js')).createTransport(environment)
  return async (input, init) => {
    transport ??= connect()
    return (await transport)(input, init)
  }
}
