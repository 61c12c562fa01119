import type { PageState, ViewName } from '../../src/console/page/page-state.js'
import {
  counts,
  dayMs,
  failure,
  hourMs,
  longWindow,
  nowMs,
  sampleConsole,
  sampleRequest,
  shortWindow,
  signedInProfile,
  signedOutProfile,
} from './sample-state.js'

const qr = [[true]]
const waiting = {
  state: 'waiting',
  profile: 'default',
  verificationUrl: 'https://x.test/',
  userCode: 'A-B',
  expiresAtMs: nowMs + 1,
  qr,
} as const
const unknown = { state: 'unknown', failure } as const
const models = sampleConsole.models.state === 'known' ? sampleConsole.models : undefined
const usage = sampleConsole.usage.state === 'known' ? sampleConsole.usage : undefined
const signedOut = { ...sampleConsole, profiles: [signedOutProfile] }
const tokens = {
  since: '2026-01-01',
  total: counts,
  byModel: [],
  byClient: [{ client: 'console', ...counts }],
  byDay: [],
}
const credits = { hasCredits: false, isUnlimited: false }
const states = ['absent', 'valid', 'refreshable', 'dead', 'unsupported', 'unreadable'] as const
const progresses = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const
const answer = { removed: true, failure: null }
const turn = { role: 'assistant', text: 'Yes' } as const
const facts = { model: 'sol', durationMs: 1, inputTokens: 1, outputTokens: 1 }
const draft = { model: undefined, effort: undefined, turns: [], isAnswering: false }

/** States that show all there is to say between them. */
export const everyState: readonly (readonly [ViewName, Partial<PageState>])[] = [
  ['plan', { console: undefined, connection: 'connecting' }],
  ['plan', { console: undefined, connection: 'locked' }],
  ['plan', { connection: 'lost', failure, copied: { text: sampleConsole.gateway.baseUrl, atMs: nowMs } }],
  ...(['starting', 'cancelled', 'done'] as const).map(
    (state) =>
      ['accounts', { console: { ...sampleConsole, signIn: { state, profile: 'default', warnings: [] } } }] as const,
  ),
  ['plan', { console: signedOut }],
  ['plan', { console: { ...signedOut, signIn: waiting } }],
  ['plan', { console: { ...signedOut, signIn: { ...waiting, expiresAtMs: nowMs } } }],
  ['plan', { console: { ...signedOut, signIn: { state: 'failed', profile: 'default', failure } } }],
  ['plan', { console: { ...sampleConsole, usage: unknown }, tokens: { ...tokens, total: { ...counts, requests: 0 } } }],
  ...(usage
    ? ([
        [
          'plan',
          { console: { ...sampleConsole, usage: { ...usage, windows: [], reachedType: 'credits', credits, failure } } },
        ],
        ['plan', { console: { ...sampleConsole, usage: { ...usage, credits: { ...credits, isUnlimited: true } } } }],
        [
          'plan',
          {
            console: {
              ...sampleConsole,
              usage: {
                ...usage,
                windows: [
                  { limit: 'codex', name: 'codex', usedPercent: 100 },
                  { ...shortWindow, resetsAtMs: nowMs },
                ],
              },
            },
          },
        ],
      ] as const)
    : []),
  [
    'plan',
    { tokens, history: { every: 'hour', samples: [{ atMs: nowMs - hourMs, windows: [shortWindow, longWindow] }] } },
  ],
  ['plan', { history: { every: 'day', samples: [] } }],
  ['models', { console: { ...sampleConsole, models: unknown } }],
  ['models', { modelSearch: 'nothing like it' }],
  ...((['network', 'cache', 'fallback'] as const).map((source) => {
    const raised = models?.models.map((model) => ({ ...model, maxContextWindow: 1_000_000, successor: 'next' })) ?? []
    return [
      'models',
      { console: { ...sampleConsole, models: { ...unknown, ...models, models: raised, source } } },
    ] as const
  }) as [ViewName, Partial<PageState>][]),
  ['playground', { console: { ...sampleConsole, models: unknown } }],
  [
    'playground',
    {
      playground: {
        ...draft,
        turns: [
          { role: 'user', text: 'Hm?' },
          { ...turn, facts },
        ],
      },
    },
  ],
  ['playground', { playground: { ...draft, turns: [turn], isAnswering: true } }],
  ['requests', {}],
  [
    'requests',
    {
      requests: progresses.map((state) => ({ ...sampleRequest, id: state, state, tokens: counts })),
      console: {
        ...sampleConsole,
        gateway: { ...sampleConsole.gateway, waiting: 2 },
        clients: [{ name: 'editor', createdAtMs: nowMs - dayMs, models: null, dailyTokens: 9, usedTodayTokens: 1 }],
      },
    },
  ],
  ...states.map((state) => {
    const profile = { ...signedInProfile, state, isCurrent: false }
    return ['accounts', { console: { ...sampleConsole, profiles: [profile, signedOutProfile] } }] as const
  }),
  ['accounts', { showsAddresses: true, signOut: { profile: 'default', how: 'forget' } }],
  ...(['revoked', 'failed', 'not-needed', 'not-asked'] as const).map(
    (revocation) =>
      ['accounts', { signOutAnswer: { ...answer, revocation, removed: revocation !== 'failed' } }] as const,
  ),
  ['doctor', { isExamining: true }],
  ...[['ok'], ['ok', 'warn', 'fail']].map((found) => {
    const findings = found.map((state) => ({ name: state, state, summary: 'Looked at.', advice: 'Do it.', code: null }))
    return ['doctor', { doctor: { findings } } as Partial<PageState>] as const
  }),
]
