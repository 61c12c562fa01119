import {
  createClientIdentity,
  createSession,
  platformFetch,
  silentLogger,
  systemClock,
  type ClientIdentity,
  type Clock,
  type CredentialStore,
  type Fetch,
  type Logger,
  type Provider,
  type RefreshVerdicts,
  type Session,
} from '../core/index.js'
import type { AnswerCache } from '../backend/index.js'
import { createFlowFile, type FlowFile } from './flow-file.js'
import type { Disclosure } from './mask-account.js'
import { createModelEvents, type ModelEvents } from './model-events.js'

/** What an agent's sign-in works with. */
export interface AgentOptions {
  /** The profile's own folder, where a sign-in under way is kept. Not a folder that the agent works in. */
  readonly folder: string
  readonly store: CredentialStore
  readonly verdicts: RefreshVerdicts
  readonly cache: AnswerCache
  readonly provider: Provider
  readonly identity?: ClientIdentity | undefined
  readonly fetch?: Fetch | undefined
  readonly clock?: Clock | undefined
  readonly logger?: Logger | undefined
  /** How much of who is signed in may be told; default `masked`. */
  readonly discloses?: Disclosure | undefined
}

/** The same with defaults filled in, and what is made of them. */
export interface AgentParts extends Pick<AgentOptions, 'store' | 'verdicts' | 'cache' | 'provider'> {
  readonly identity: ClientIdentity
  readonly fetch: Fetch
  readonly clock: Clock
  readonly logger: Logger
  readonly discloses: Disclosure
  readonly flows: FlowFile
  readonly events: ModelEvents
  /** The session of whoever is signed in. */
  readonly session: () => Session
  /** Somebody else may be signed in from now on. */
  readonly renewSession: () => void
}

export function createAgentParts(options: AgentOptions): AgentParts {
  const { folder, store, verdicts, cache, provider, discloses = 'masked' } = options
  const { identity = createClientIdentity(), fetch = platformFetch } = options
  const { clock = systemClock, logger = silentLogger } = options
  const open = () => createSession({ store, verdicts, provider, identity, fetch, clock, logger })
  let session = open()
  return {
    store,
    verdicts,
    cache,
    provider,
    identity,
    fetch,
    clock,
    logger,
    discloses,
    flows: createFlowFile(folder, provider.issuer),
    events: createModelEvents(logger),
    session: () => session,
    renewSession: () => {
      session = open()
    },
  }
}
