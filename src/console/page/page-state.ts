import type {
  ConsoleEvent,
  ConsoleFailure,
  ConsoleState,
  DoctorAnswer,
  RequestEntry,
  SignOutAnswer,
  SignOutOrder,
  TokensAnswer,
  UsageHistoryAnswer,
} from '../../gateway/index.js'
import type { Language } from './languages.js'

/** The parts of the page, each with an address of its own. */
export const viewNames = ['plan', 'models', 'playground', 'requests', 'accounts', 'doctor'] as const
export type ViewName = (typeof viewNames)[number]

/** All there is to see. Whatever changes makes a new one; the page is painted after it. */
export interface PageState {
  readonly language: Language
  readonly view: ViewName
  /** By the clock of this browser, for what counts down. */
  readonly nowMs: number
  /** `locked` when this browser has no console session. */
  readonly connection: 'connecting' | 'live' | 'lost' | 'locked'
  readonly console: ConsoleState | undefined
  /** Why the last thing that was asked for did not happen. */
  readonly failure: ConsoleFailure | undefined
  readonly historyEvery: 'hour' | 'day'
  readonly history: UsageHistoryAnswer | undefined
  readonly tokens: TokensAnswer | undefined
  readonly requests: readonly RequestEntry[]
  readonly doctor: DoctorAnswer | undefined
  readonly isExamining: boolean
  readonly modelSearch: string
  /** What was copied last, and when. */
  readonly copied: { readonly text: string; readonly atMs: number } | undefined
  readonly showsAddresses: boolean
  readonly newProfile: string
  readonly signOut: SignOutDraft | undefined
  readonly signOutAnswer: SignOutAnswer | undefined
  readonly playground: Playground
}

/** A sign-out that somebody thinks about. */
export interface SignOutDraft {
  readonly profile: string
  readonly how: SignOutOrder['how']
}

export interface Playground {
  /** The plan's default when not chosen. */
  readonly model: string | undefined
  readonly effort: string | undefined
  readonly turns: readonly Turn[]
  readonly isAnswering: boolean
}

/** A question or an answer. */
export interface Turn {
  readonly role: 'user' | 'assistant'
  readonly text: string
  readonly failure?: ConsoleFailure
  readonly facts?: TurnFacts
}

/** What is known of an answer that has ended. */
export interface TurnFacts {
  readonly model: string
  readonly durationMs: number
  readonly inputTokens: number
  readonly outputTokens: number
}

export function initialState(language: Language, view: ViewName, nowMs: number): PageState {
  return {
    language,
    view,
    nowMs,
    connection: 'connecting',
    console: undefined,
    failure: undefined,
    historyEvery: 'hour',
    history: undefined,
    tokens: undefined,
    requests: [],
    doctor: undefined,
    isExamining: false,
    modelSearch: '',
    copied: undefined,
    showsAddresses: false,
    newProfile: '',
    signOut: undefined,
    signOutAnswer: undefined,
    playground: { model: undefined, effort: undefined, turns: [], isAnswering: false },
  }
}

/** The address of a view is a fragment, so that going there asks nobody. */
export function readView(fragment: string): ViewName {
  return viewNames.find((name) => fragment === `#/${name}`) ?? 'plan'
}

const mostRequests = 200

/** The state after an event of the gateway. What is told before the state is known, the state will tell. */
export function applyEvent(state: PageState, event: ConsoleEvent): PageState {
  if (event.type === 'request') return { ...state, requests: withRequest(state.requests, event.request) }
  const { type: _type, ...change } = event
  return state.console ? { ...state, console: { ...state.console, ...change } } : state
}

function withRequest(requests: readonly RequestEntry[], request: RequestEntry): readonly RequestEntry[] {
  const isKnown = requests.some(({ id }) => id === request.id)
  if (isKnown) return requests.map((known) => (known.id === request.id ? request : known))
  return [request, ...requests].slice(0, mostRequests)
}
