import {
  createLazyTransport,
  openProfile,
  providerOf,
  readProviderChoice,
  variablesOf,
  type ProfileOptions,
} from '../node/index.js'
import { createFileCache } from '../stores/index.js'
import type { AgentOptions } from './agent-parts.js'
import { createAgent, type Agent } from './create-agent.js'
import { notForAgents } from './require-device-codes.js'

/** Which profile an agent signs in to; everything has a default. */
export interface OpenAgentOptions
  extends Partial<Omit<AgentOptions, 'folder' | 'store' | 'verdicts' | 'cache'>>, Pick<ProfileOptions, 'profile'> {
  /** The variables to go by; default: those of this process. */
  readonly environment?: ProfileOptions['environment']
}

/**
 * The agent of a profile of the command line, which every program of its person may share.
 *
 * @throws AuthError `ERR_CONFIG_TERMS` for a profile of "Sign in with ChatGPT"; `ERR_CONFIG_USAGE`, `ERR_CONFIG_URL`, `ERR_STORE_READ`
 */
export function openAgent(options: OpenAgentOptions = {}): Agent {
  const { profile: name, environment, ...rest } = options
  const { folder, cacheFolder, store, verdicts } = openProfile({ profile: name, environment })
  if (readProviderChoice(folder).provider !== 'codex') throw notForAgents()
  const variables = variablesOf(environment)
  const provider = rest.provider ?? providerOf(variables)
  const cache = createFileCache(cacheFolder)
  const fetch = rest.fetch ?? createLazyTransport(variables)
  return createAgent({ ...rest, folder, store, verdicts, cache, provider, fetch })
}
