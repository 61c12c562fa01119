import { AsyncLocalStorage } from 'node:async_hooks'
import { createOpenAIFetch, type AnswerCache, type BackendSession, type UsageHistory } from '../backend/index.js'
import type { Clock, Fetch, Session } from '../core/index.js'
import { tapUsage } from './usage-tap.js'
import type { AnswerTokens } from './token-counts.js'

/** A profile as the gateway uses it. */
export interface GatewayProfile {
  readonly name: string
  readonly session: Session
  /** Where answers with the models and the usage are kept. */
  readonly cache?: AnswerCache | undefined
  readonly history?: UsageHistory | undefined
}

/** The profiles that a gateway may answer with. */
export interface GatewayProfiles {
  /** The one that requests are answered with at first. */
  readonly first: string
  names(): Promise<readonly string[]>
  /** Opening one asks nobody. */
  open(name: string): GatewayProfile
  /** Told of the one that was chosen, when somebody chooses another. */
  remember?(name: string): Promise<void>
}

/** The profiles while the gateway runs. */
export interface ProfileShelf {
  readonly currentName: string
  use(name: string): void
  get(name: string): GatewayProfile
  /** Opens it anew when it is next used: somebody else may be signed in there now. */
  reopen(name: string): void
  /** OpenAI's API over the current profile. `onUsage` is told what the answer costs, when it ends. */
  fetch(url: string, init: RequestInit, onUsage: (tokens: AnswerTokens) => void): Promise<Response>
}

/** One session, which is the only profile. */
export function fromSession(session: Session, name = 'default'): GatewayProfiles {
  return { first: name, names: async () => [name], open: () => ({ name, session }) }
}

export function createProfileShelf(profiles: GatewayProfiles, clock: Clock): ProfileShelf {
  const opened = new Map<string, { readonly profile: GatewayProfile; readonly fetch: Fetch }>()
  const asking = new AsyncLocalStorage<(tokens: AnswerTokens) => void>()
  let currentName = profiles.first

  function open(name: string) {
    const known = opened.get(name)
    if (known) return known
    const profile = profiles.open(name)
    const models = { cache: profile.cache }
    const fetch = createOpenAIFetch(tapped(profile.session, asking), { clock, models })
    const entry = { profile, fetch }
    opened.set(name, entry)
    return entry
  }

  return {
    get currentName() {
      return currentName
    },
    use: (name) => void (currentName = name),
    get: (name) => open(name).profile,
    reopen: (name) => void opened.delete(name),
    fetch: (url, init, onUsage) => asking.run(onUsage, () => open(currentName).fetch(url, init)),
  }
}

/** A session that tells whoever asks what the answer costs; who asks is known by the call it is part of. */
function tapped(session: Session, asking: AsyncLocalStorage<(tokens: AnswerTokens) => void>): BackendSession {
  const { provider, readOnlyFetch } = session
  return {
    provider,
    readOnlyFetch,
    status: () => session.status(),
    async fetch(input, init) {
      const onUsage = asking.getStore()
      const response = await session.fetch(input, init)
      return onUsage ? tapUsage(response, onUsage) : response
    },
  }
}
