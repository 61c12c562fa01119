import type {
  ConsoleState,
  DoctorAnswer,
  RequestsAnswer,
  TokensAnswer,
  UsageHistoryAnswer,
} from '../../gateway/index.js'
import type { ActionParts } from './action-parts.js'

/** What the page asks for by itself. */
export interface Loads {
  /** Everything at once; with `isFresh`, the models and the usage are asked for anew. */
  readonly loadState: (isFresh?: boolean) => Promise<void>
  readonly loadHistory: () => Promise<void>
  readonly loadTokens: () => Promise<void>
  readonly loadRequests: () => Promise<void>
  readonly loadDoctor: () => Promise<void>
}

const dayMs = 24 * 60 * 60 * 1000
const historyReachMs = { hour: 2 * dayMs, day: 30 * dayMs }

export function createLoads({ client, now, read, change, attempt }: ActionParts): Loads {
  return {
    loadState: (isFresh = false) =>
      attempt(async () =>
        change({ console: await client.get<ConsoleState>(`/api/state${isFresh ? '?fresh=1' : ''}`) }),
      ),

    loadHistory: () =>
      attempt(async () => {
        const every = read().historyEvery
        const since = Math.floor(now() - historyReachMs[every])
        const history = await client.get<UsageHistoryAnswer>(`/api/usage/history?every=${every}&since=${since}`)
        if (read().historyEvery === every) change({ history })
      }),

    loadTokens: () => attempt(async () => change({ tokens: await client.get<TokensAnswer>('/api/tokens?days=30') })),

    loadRequests: () =>
      attempt(async () => change({ requests: (await client.get<RequestsAnswer>('/api/requests')).requests })),

    async loadDoctor() {
      change({ isExamining: true })
      await attempt(async () => change({ doctor: await client.get<DoctorAnswer>('/api/doctor') }))
      change({ isExamining: false })
    },
  }
}
