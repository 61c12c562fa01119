import type {
  ConsoleFailure,
  ConsoleState,
  DoctorAnswer,
  RequestsAnswer,
  SignInProgress,
  SignOutAnswer,
  TokensAnswer,
  UsageHistoryAnswer,
} from '../../gateway/index.js'
import type { Actions } from './actions.js'
import { createAnswers } from './create-answers.js'
import { GatewayRefusal, type GatewayClient } from './gateway-client.js'
import { languages } from './languages.js'
import type { PageState, ViewName } from './page-state.js'

export interface ActionsOptions {
  readonly client: GatewayClient
  readonly now: () => number
  readonly read: () => PageState
  readonly change: (change: Partial<PageState>) => void
  readonly copyText: (text: string) => Promise<void>
  readonly keepLanguage: (language: string) => void
  readonly goTo: (view: ViewName) => void
}

/** What the page does by itself, beside what a person asks it to. */
export interface Chores extends Actions {
  loadState(path?: string): Promise<void>
  loadHistory(): Promise<void>
  loadTokens(): Promise<void>
  loadRequests(): Promise<void>
}

const dayMs = 24 * 60 * 60 * 1000
const historyReachMs = { hour: 2 * dayMs, day: 30 * dayMs }

/** Everything the page does: it asks the gateway, and puts what it learns into the state. */
export function createActions({ client, now, read, change, copyText, keepLanguage, goTo }: ActionsOptions): Chores {
  /** Does it, and shows why it could not be done. */
  async function attempt(task: () => Promise<void>): Promise<void> {
    try {
      await task()
    } catch (error) {
      const failure = toFailure(error, read())
      const isLocked = failure.code === 'console_session_required'
      change(isLocked ? { connection: 'locked', console: undefined } : { failure })
    }
  }

  /** The same, for a person: what failed before does not matter any more. */
  function order(task: () => Promise<void>): void {
    change({ failure: undefined })
    void attempt(task)
  }

  const loadState = (path = '/api/state') =>
    attempt(async () => change({ console: await client.get<ConsoleState>(path) }))

  function loadHistory(): Promise<void> {
    const every = read().historyEvery
    const since = Math.floor(now() - historyReachMs[every])
    return attempt(async () => {
      const path = `/api/usage/history?every=${every}&since=${since}`
      const history = await client.get<UsageHistoryAnswer>(path)
      if (read().historyEvery === every) change({ history })
    })
  }

  const loadTokens = () =>
    attempt(async () => change({ tokens: await client.get<TokensAnswer>('/api/tokens?days=30') }))

  const loadRequests = () =>
    attempt(async () => change({ requests: (await client.get<RequestsAnswer>('/api/requests')).requests }))

  function showSignIn(signIn: SignInProgress): void {
    const { console } = read()
    if (console) change({ console: { ...console, signIn } })
  }

  async function confirmSignOut(): Promise<void> {
    const { signOut } = read()
    if (!signOut) return
    change({ signOut: undefined })
    const signOutAnswer = await client.post<SignOutAnswer>('/api/sign-out', signOut)
    change({ signOutAnswer })
    await loadState()
  }

  async function examine(): Promise<void> {
    change({ isExamining: true })
    try {
      change({ doctor: await client.get<DoctorAnswer>('/api/doctor') })
    } finally {
      change({ isExamining: false })
    }
  }

  return {
    ...createAnswers({ client, now, read, change, goTo, toFailure }),
    loadState,
    loadHistory,
    loadTokens,
    loadRequests,
    chooseLanguage: (language) => {
      keepLanguage(language)
      change({ language })
    },
    copy: (text) =>
      order(async () => {
        await copyText(text)
        change({ copied: { text, atMs: now() } })
      }),
    dismissFailure: () => change({ failure: undefined, signOutAnswer: undefined }),
    refresh: () => order(() => loadState('/api/state?fresh=1')),
    signIn: (signInOrder) =>
      order(async () => {
        change({ signOutAnswer: undefined, newProfile: '' })
        showSignIn(await client.post<SignInProgress>('/api/sign-in', signInOrder))
      }),
    cancelSignIn: () => order(async () => showSignIn(await client.post<SignInProgress>('/api/sign-in/cancel', {}))),
    useProfile: (name) =>
      order(async () => change({ console: await client.post<ConsoleState>('/api/profile', { name }) })),
    nameNewProfile: (newProfile) => change({ newProfile }),
    toggleAddresses: () => change({ showsAddresses: !read().showsAddresses }),
    considerSignOut: (profile) => change({ signOut: { profile, how: 'sign-out' }, signOutAnswer: undefined }),
    chooseSignOut: (how) => {
      const { signOut } = read()
      if (signOut) change({ signOut: { ...signOut, how } })
    },
    abandonSignOut: () => change({ signOut: undefined }),
    confirmSignOut: () => order(confirmSignOut),
    showHistory: (historyEvery) => {
      change({ historyEvery })
      void loadHistory()
    },
    searchModels: (modelSearch) => change({ modelSearch }),
    examine: () => {
      if (!read().isExamining) order(examine)
    },
    leave: () =>
      order(async () => {
        await client.post('/api/leave', {})
        change({ connection: 'locked', console: undefined })
      }),
  }
}

/** What to tell a person. Whatever is not a refusal of the gateway is the lack of an answer. */
function toFailure(error: unknown, { language }: PageState): ConsoleFailure {
  const { failures, copyFailed } = languages[language]
  if (error instanceof GatewayRefusal) return error.failure
  if (error instanceof DOMException) return { code: error.name, message: copyFailed, advice: null }
  return { code: 'gateway_unreachable', message: failures.unreachable, advice: failures.unreachableAdvice }
}
