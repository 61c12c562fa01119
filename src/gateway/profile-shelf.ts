import { hash } from 'node:crypto'
import { createOpenAIFetch, type AnswerCache, type UsageHistory } from '../backend/index.js'
import { createRequester, type GivenRequest, type RequestedAnswer, type Requester } from '../backend/serving.js'
import type { Clock, Fetch, Session } from '../core/index.js'
import type { Wire } from '../network/index.js'
import { assertGeneralAccessAllowed } from '../siwc/index.js'
import { createSender, type Sender, type SentAnswer, type Waiting } from './send-request.js'

/** A profile as the gateway uses it. */
export interface GatewayProfile {
  readonly name: string
  readonly session: Session
  /** What answers are asked for over, since their bytes are passed on; `session.fetch` when not given, which takes several times as long. */
  readonly wire?: Wire | undefined
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
  /** OpenAI's API over the current profile, for what is no question. */
  fetch(url: string, init: RequestInit): Promise<Response>
  /** An answer of the current profile's, as the backend sends it. @throws AuthError what the backend refuses, and what `session.fetch` throws */
  send(given: GivenRequest, waiting: Waiting): Promise<RequestedAnswer<SentAnswer>>
}

/** A profile that is open. */
interface OpenProfile {
  readonly profile: GatewayProfile
  readonly fetch: Fetch
  readonly requester: Requester
  readonly sender: Sender
}

/** One session, which is the only profile. */
export function fromSession(
  session: Session,
  { name = 'default', wire }: Partial<Pick<GatewayProfile, 'name' | 'wire'>> = {},
): GatewayProfiles {
  return { first: name, names: async () => [name], open: () => ({ name, session, wire }) }
}

export function createProfileShelf(profiles: GatewayProfiles, clock: Clock): ProfileShelf {
  const opened = new Map<string, OpenProfile>()
  let currentName = profiles.first

  function open(name: string): OpenProfile {
    const known = opened.get(name)
    if (known) return known
    const profile = profiles.open(name)
    const { session, wire } = profile
    const models = { cache: profile.cache }
    const entry = {
      profile,
      fetch: createOpenAIFetch(session, { clock, models }),
      requester: createRequester(session.provider, { sha256Hex }),
      sender: createSender(session, wire, clock),
    }
    opened.set(name, entry)
    return entry
  }

  function current(): OpenProfile {
    const entry = open(currentName)
    assertGeneralAccessAllowed(entry.profile.session.provider)
    return entry
  }

  return {
    get currentName() {
      return currentName
    },
    use: (name) => void (currentName = name),
    get: (name) => open(name).profile,
    reopen: (name) => void opened.delete(name),
    // Not at once: what is wrong with the profile is a failed answer.
    fetch: async (url, init) => current().fetch(url, init),
    send(given, waiting) {
      const { requester, sender } = current()
      return requester.request(given, (request) => sender(request, waiting))
    },
  }
}

/** At once: each request has one, and to hand it to another thread costs far more than the hash itself. */
function sha256Hex(text: string): string {
  return hash('sha256', text)
}
