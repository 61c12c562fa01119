import type { EmulatedAccount } from '../accounts.js'
import { type CatalogueModel, defaultModels } from './model-catalogue.js'

/** What the backend has in store for its callers. A test may change any member at any time. */
export interface BackendScenario {
  models: readonly CatalogueModel[]
  usage: UsageScenario
  /** The first one whose `when` agrees answers; when none does, the answer repeats what the person said. */
  answers: readonly ScriptedExchange[]
  /** From `accounts/check`. The origin the caller reached us by when `undefined`; an https origin or `NO_CONSTRAINT`. */
  workspaceBackendOrigin: string | undefined
  /** From `accounts/check`; codex-cli accepts `NO_CONSTRAINT`, `us` and `us_cr`. */
  accountRoutingOverride: string | null
  /** Whether people allow programs to use their plan, and have not taken it back ("Sign in with ChatGPT"). */
  planUsage: boolean
  /** When set, `responses` answers 429 `usage_limit_reached`. */
  usageLimit: UsageLimit | undefined
}

/** When the limit is lifted. */
export interface UsageLimit {
  readonly resetsInSeconds: number
}

/** What `wham/usage`, the rate-limit headers and the `codex.rate_limits` event tell. */
export interface UsageScenario {
  readonly primary: UsageWindow | null
  readonly secondary: UsageWindow | null
  readonly additional: readonly AdditionalLimit[]
  readonly credits: Credits | null
  /** As in `rate_limit_reached_type.kind`, e.g. `workspace_owner_credits_depleted`. */
  readonly reachedType: string | null
}

/** A limit over a stretch of time. It starts anew at every whole multiple of its length since 1970. */
export interface UsageWindow {
  readonly usedPercent: number
  readonly windowSeconds: number
}

/** A limit of one feature, beside those of the plan; its headers begin with `x-` and the feature's name. */
export interface AdditionalLimit {
  readonly limitName: string
  readonly meteredFeature: string
  readonly primary: UsageWindow | null
  readonly secondary: UsageWindow | null
}

/** Credits bought on top of the plan; `balance` is text, as the service sends it. */
export interface Credits {
  readonly hasCredits: boolean
  readonly unlimited: boolean
  readonly balance: string
}

/** A request to `responses`, as a script looks at it. */
export interface Prompt {
  readonly account: EmulatedAccount
  readonly model: string
  /** The text of the last user message. */
  readonly text: string
  /** What the tools that were called since then answered. */
  readonly toolOutputs: readonly ToolOutput[]
  /** The whole body. */
  readonly body: Readonly<Record<string, unknown>>
}

/** What a tool that the model called has answered. */
export interface ToolOutput {
  readonly callId: string
  readonly output: unknown
}

/** One line of the script. */
export interface ScriptedExchange {
  readonly when?: (prompt: Prompt) => boolean
  readonly answer: ScriptedAnswer | ((prompt: Prompt) => ScriptedAnswer)
}

/** What the model says and does, in order, and what it is said to have cost. */
export interface ScriptedAnswer {
  readonly items: readonly AnswerItem[]
  /** Members given here replace the estimate. */
  readonly usage?: Partial<TokenUsage>
  /** Replaces the scenario's windows in the headers and in the stream. */
  readonly rateLimits?: UsageScenario
  /** Ends the stream with `response.failed` instead of `response.completed`. */
  readonly failure?: { readonly code: string; readonly message: string }
}

/** One thing the model says or does. `arguments` that are no text go out as JSON; a `callId` is made up when none is given. */
export type AnswerItem =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly summary: string }
  | { readonly type: 'function_call'; readonly name: string; readonly arguments: unknown; readonly callId?: string }
  | { readonly type: 'custom_tool_call'; readonly name: string; readonly input: string; readonly callId?: string }

/** What an answer cost, in tokens; the cached ones are part of the input, those of reasoning part of the output. */
export interface TokenUsage {
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
}

/** A fifth of five hours and a tenth of a week are used, and every model echoes. */
export const defaultScenario: Readonly<BackendScenario> = {
  models: defaultModels,
  usage: {
    primary: { usedPercent: 20, windowSeconds: 18_000 },
    secondary: { usedPercent: 10, windowSeconds: 604_800 },
    additional: [],
    credits: { hasCredits: false, unlimited: false, balance: '0' },
    reachedType: null,
  },
  answers: [],
  workspaceBackendOrigin: undefined,
  accountRoutingOverride: 'NO_CONSTRAINT',
  usageLimit: undefined,
  planUsage: true,
}
