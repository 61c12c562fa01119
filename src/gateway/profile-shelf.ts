import { hash } from 'node:crypto'
import {
  createOpenAIFetch,
  createRequester,
  type AnswerCache,
  type BackendSession,
  type GivenRequest,
  type RequestedAnswer,
  type Requester,
  type UsageHistory,
} from '../backend/index.js'
import type { Clock, Fetch, Session } from '../core/index.js'
import type { Wire } from '../network/index.js'
import { assertGeneralAccessAllowed } from '../siwc/index.js'
import { createSender, type Sender, type SentAnswer, type Waiting } from './send-request.js'
import { tapAnswer, type AnswerTap } from './tap-answer.js'

/** A profile as the gateway uses it. */
export interface GatewayProfile {
  readonly name: string
  readonly session: Session
  /** What streams are asked for over, since their bytes are passed on; `session.fetch` when not given, which takes several times as long. */
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
  /** OpenAI's API over the current profile. */
  fetch(url: string, init: RequestInit, tap?: AnswerTap): Promise<Response>
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

/** The one header of a client's that goes all the way to the backend; on its way there it says which request of ours this is. */
const idHeader = 'x-client-request-id'

interface AskedTap extends AnswerTap {
  /** The client's own. */
  readonly requestId: string | null
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
  const taps = new Map<string, AskedTap>()
  let count = 0
  let currentName = profiles.first

  function open(name: string): OpenProfile {
    const known = opened.get(name)
    if (known) return known
    const profile = profiles.open(name)
    const { session, wire } = profile
    const models = { cache: profile.cache }
    const entry = {
      profile,
      fetch: createOpenAIFetch(tapped(session, taps), { clock, models, sha256Hex }),
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
    async fetch(url, init, tap) {
      const { fetch } = current()
      if (!tap) return fetch(url, init)
      const own = `gateway-${(count += 1)}`
      const headers = new Headers(init.headers)
      taps.set(own, { ...tap, requestId: headers.get(idHeader) })
      headers.set(idHeader, own)
      try {
        return await fetch(url, { ...init, headers })
      } finally {
        taps.delete(own)
      }
    },
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

/** A session whose answers are looked at as whoever asks wants it. */
function tapped(session: Session, taps: ReadonlyMap<string, AskedTap>): BackendSession {
  const { provider, readOnlyFetch } = session
  return {
    provider,
    readOnlyFetch,
    status: () => session.status(),
    async fetch(input, init) {
      const headers = new Headers(init?.headers)
      const tap = taps.get(headers.get(idHeader) ?? '')
      if (!tap) return session.fetch(input, init)
      if (tap.requestId === null) headers.delete(idHeader)
      else headers.set(idHeader, tap.requestId)
      const response = await session.fetch(input, { ...init, headers })
      return tapAnswer(response, tap)
    },
  }
}
