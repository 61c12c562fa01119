import type { ConsoleState, ProfileState, RequestEntry } from '../../src/gateway/index.js'
import type { Actions } from '../../src/console/page/actions.js'
import { createFormat } from '../../src/console/page/create-format.js'
import { languages, type Language } from '../../src/console/page/languages.js'
import { initialState, type PageState, type ViewName } from '../../src/console/page/page-state.js'
import type { Scene } from '../../src/console/page/scene.js'

export const nowMs = Date.UTC(2026, 0, 31, 12)
export const hourMs = 60 * 60 * 1000
export const dayMs = 24 * hourMs

export const failure = { code: 'ERR_NETWORK_UNREACHABLE', message: 'Nobody answers.', advice: 'Try again.' }
export const counts = { requests: 3, inputTokens: 1000, cachedTokens: 250, outputTokens: 80, reasoningTokens: 20 }

export const shortWindow = {
  limit: 'codex',
  name: 'codex',
  usedPercent: 37,
  windowMs: 5 * hourMs,
  resetsAtMs: nowMs + hourMs,
}
export const longWindow = { ...shortWindow, usedPercent: 94, windowMs: 7 * dayMs, resetsAtMs: nowMs + dayMs }

export const signedInProfile: ProfileState = {
  name: 'default',
  isCurrent: true,
  state: 'valid',
  isSignedIn: true,
  reason: null,
  account: {
    email: 'ada@example.test',
    maskedEmail: 'a•••@e•••.test',
    planType: 'plus',
    accountId: 'account-12ab',
    maskedAccountId: '…12ab',
  },
  expiresAtMs: nowMs + hourMs,
  store: 'auth.json (0600)',
}

export const signedOutProfile: ProfileState = {
  ...signedInProfile,
  state: 'absent',
  isSignedIn: false,
  account: null,
  expiresAtMs: null,
}

export const sampleConsole: ConsoleState = {
  csrf: 'csrf',
  gateway: {
    version: '0.1.0',
    baseUrl: 'http://127.0.0.1:8787/v1',
    startedAtMs: nowMs - hourMs,
    running: 1,
    waiting: 0,
    maximumRunning: 64,
  },
  currentProfile: 'default',
  profiles: [signedInProfile],
  signIn: { state: 'idle' },
  models: {
    state: 'known',
    models: [
      {
        id: 'sol',
        name: 'Sol',
        description: 'For everyday work.',
        contextWindow: 272_000,
        reasoningLevels: ['low', 'medium'],
        defaultReasoningLevel: 'medium',
        pickerId: 'openai-codex/sol',
        isDefault: true,
      },
      { id: 'luna', name: 'Luna', reasoningLevels: [], pickerId: 'openai-codex/luna', isDefault: false },
    ],
    source: 'network',
    fetchedAtMs: nowMs,
    failure: null,
  },
  usage: {
    state: 'known',
    planType: 'plus',
    windows: [shortWindow, longWindow],
    credits: null,
    reachedType: null,
    source: 'network',
    fetchedAtMs: nowMs,
    failure: null,
  },
  clients: [],
}

export const sampleRequest: RequestEntry = {
  id: 'one',
  startedAtMs: nowMs - 1000,
  client: 'editor',
  method: 'POST',
  path: '/v1/responses',
  model: 'sol',
  isStream: true,
  state: 'running',
  status: 200,
  code: null,
  waitedMs: 0,
  firstByteMs: 420,
  durationMs: null,
  tokens: null,
}

export function sampleState(change: Partial<PageState> = {}, view: ViewName = 'plan'): PageState {
  return { ...initialState('en', view, nowMs), connection: 'live', console: sampleConsole, ...change }
}

/** What was asked for, in order, by the name of the action. */
export interface RecordedScene extends Scene {
  readonly asked: readonly (readonly [action: string, ...given: unknown[]])[]
}

export function sampleScene(state: PageState, language: Language = 'en'): RecordedScene {
  const asked: [string, ...unknown[]][] = []
  const actions = new Proxy({} as Actions, {
    get: (_, name) => (given: unknown) => void asked.push([String(name), given]),
  })
  const words = languages[language]
  return { state: { ...state, language }, words, format: createFormat(words, 'UTC'), actions, asked }
}
