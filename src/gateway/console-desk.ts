import { readUsageHistory } from '../backend/index.js'
import { packageVersion, type Clock } from '../core/index.js'
import type { Admission } from './admission.js'
import type {
  ConsoleEvent,
  ConsoleState,
  DoctorAnswer,
  SignInOrder,
  SignInProgress,
  SignOutAnswer,
  SignOutOrder,
  UsageHistoryAnswer,
} from './console-api.js'
import { toConsoleFailure } from './console-failure.js'
import { createSignInDesk, type ConsoleSignIn } from './console-sign-in.js'
import { maskFinding, readModelsState, readProfileStates, readUsageState } from './console-state.js'
import { createEventHub } from './event-hub.js'
import type { ConsoleOptions, GatewayLimits, GatewayOptions } from './gateway-options.js'
import type { ProfileShelf } from './profile-shelf.js'
import { Refusal } from './refusal.js'
import type { RequestLog } from './request-log.js'
import type { TokenLedger } from './token-ledger.js'
import { within } from './within.js'

/** What the console shows, and what it works with. */
export interface DeskParts extends Pick<GatewayOptions, 'origin' | 'profiles' | 'keys'>, ConsoleOptions {
  readonly shelf: ProfileShelf
  readonly log: RequestLog
  readonly ledger: TokenLedger
  readonly admission: Admission
  readonly limits: GatewayLimits
  readonly clock: Clock
}

/** All that the console can do, whoever asks. */
export interface ConsoleDesk {
  state(csrf: string, force: boolean): Promise<ConsoleState>
  /** A new stream of what happens. */
  events(): Promise<Response>
  signIn(order: SignInOrder): SignInProgress
  cancelSignIn(): SignInProgress
  signOut(order: SignOutOrder): Promise<SignOutAnswer>
  /** @throws Refusal 404 */
  useProfile(name: string): Promise<void>
  usageHistory(every: 'hour' | 'day', sinceMs: number): Promise<UsageHistoryAnswer>
  doctor(): Promise<DoctorAnswer>
  close(): void
}

export function createConsoleDesk(parts: DeskParts): ConsoleDesk {
  const { profiles, shelf, clock, log, examine } = parts
  const startedAtMs = clock.now()
  const hub = createEventHub(clock)
  const desk = createSignInDesk(parts.signIn ?? noSignIn, (signIn) => {
    hub.send({ type: 'sign-in', signIn })
    if (signIn.state === 'done') void settleIn(signIn.profile)
  })

  const current = () => shelf.get(shelf.currentName)

  /** Whoever was signed in before, a session of theirs would refuse to go on as somebody else. */
  async function settleIn(profile: string): Promise<void> {
    shelf.reopen(profile)
    await tellProfiles()
    if (profile === shelf.currentName) await tellBackend()
  }

  async function profilesEvent(): Promise<ConsoleEvent> {
    const states = await readProfileStates(await profileNames(), shelf)
    return { type: 'profiles', currentProfile: shelf.currentName, profiles: states }
  }

  /** The current one among them also before its first sign-in. */
  async function profileNames(): Promise<string[]> {
    return [...new Set([...(await profiles.names()), shelf.currentName])].toSorted()
  }

  /** News that cannot be had is not told, and stands in nobody's way: the page asks for the state again. */
  async function tell(read: () => Promise<ConsoleEvent>): Promise<void> {
    if (!hub.isHeard) return
    const event = await read().catch(() => undefined)
    if (event) hub.send(event)
  }

  const tellProfiles = () => tell(profilesEvent)

  /** Of the usage, at most once a minute somebody is asked: that is how long an answer stays fresh. */
  const tellUsage = () => tell(async () => ({ type: 'usage', usage: await readUsageState(current(), { clock }) }))

  async function tellBackend(): Promise<void> {
    await tell(async () => ({ type: 'models', models: await readModelsState(current(), { clock }) }))
    await tellUsage()
  }

  const stopTelling = log.subscribe((request) => {
    if (!hub.isHeard) return
    hub.send({ type: 'request', request })
    if (request.state === 'done') void tellUsage()
  })

  return {
    async state(csrf, force) {
      const profile = current()
      // Looking at the page refreshes nothing; asking for everything anew does, where it is due. What stands in its way is told with the models.
      if (force) await within(clock, (signal) => profile.session.credential({ signal })).catch(() => undefined)
      const [names, models, usage, clients] = await Promise.all([
        profileNames(),
        readModelsState(profile, { clock, force }),
        readUsageState(profile, { clock, force }),
        parts.keys.list(),
      ])
      return {
        csrf,
        gateway: toFacts(parts, startedAtMs),
        currentProfile: shelf.currentName,
        profiles: await readProfileStates(names, shelf),
        signIn: desk.progress,
        models,
        usage,
        clients: clients.map(({ name, createdAtMs, models: allowed = null, dailyTokens = null }) => {
          return { name, createdAtMs, models: allowed, dailyTokens, usedTodayTokens: parts.ledger.usedToday(name) }
        }),
      }
    },
    events: async () => hub.open([{ type: 'sign-in', signIn: desk.progress }, await profilesEvent()]),
    signIn({ profile = shelf.currentName, switchAccount = false }) {
      return desk.start({ profile, switchAccount })
    },
    cancelSignIn: () => desk.cancel(),
    async signOut({ profile = shelf.currentName, how }) {
      await requireProfile(profile)
      const answer = await endSession(shelf.get(profile).session, how)
      shelf.reopen(profile)
      await tellProfiles()
      return answer
    },
    async useProfile(name) {
      await requireProfile(name)
      shelf.use(name)
      await profiles.remember?.(name)
      await tellProfiles()
    },
    async usageHistory(every, sinceMs) {
      const { session, history } = current()
      return { every, samples: history ? await readUsageHistory(session, { history, every, sinceMs }) : [] }
    },
    async doctor() {
      const name = shelf.currentName
      const [findings = [], [profile]] = await Promise.all([examine?.(name), readProfileStates([name], shelf)])
      return { findings: findings.map((finding) => maskFinding(finding, profile?.account ?? null)) }
    },
    close() {
      stopTelling()
      desk.cancel()
      hub.close()
    },
  }

  async function requireProfile(name: string): Promise<void> {
    if ((await profileNames()).includes(name)) return
    throw new Refusal(404, 'unknown_profile', 'There is no such profile.')
  }
}

function toFacts({ origin, admission, limits }: DeskParts, startedAtMs: number): ConsoleState['gateway'] {
  const { running, waiting } = admission
  const { maximumRunning } = limits
  return { version: packageVersion, baseUrl: `${origin}/v1`, startedAtMs, running, waiting, maximumRunning }
}

async function endSession(
  session: ReturnType<ProfileShelf['get']>['session'],
  how: SignOutOrder['how'],
): Promise<SignOutAnswer> {
  if (how === 'forget') return { ...(await session.forget()), revocation: 'not-asked', failure: null }
  const { removed, revocation, failure } = await (how === 'revoke' ? session.revoke() : session.signOut())
  return { removed, revocation, failure: failure ? toConsoleFailure(failure) : null }
}

const noSignIn: ConsoleSignIn = async () => {
  throw new Refusal(501, 'no_sign_in', 'Nobody can sign in from here.')
}
