/** What the reader of a result should do next; nothing else is ever asked for. */
export const nextActions = [
  'show_code',
  'wait_for_user',
  'enable_device_login',
  'start_again',
  'try_again_later',
  'choose_model',
  'host_refresh_models',
  'none',
] as const

/** One of `nextActions`. */
export type NextAction = (typeof nextActions)[number]

/** Everything that can go wrong, told apart because something else helps each time. */
export const failureCodes = [
  'device_login_disabled',
  'wrong_account',
  'approval_lost',
  'unknown_flow',
  'flow_unreadable',
  'other_credential',
  'network',
  'rate_limited',
  'region_unavailable',
  'usage_unavailable',
  'upstream',
  'store_unavailable',
  'configuration',
  'internal',
] as const

/** One of `failureCodes`. */
export type FailureCode = (typeof failureCodes)[number]

/** Whose plan it is, as far as a model needs to know. */
export interface AgentAccount {
  /** `a***@example.test`, unless the host asked for all of it. */
  readonly email?: string
  /** Only when the host asked for it. */
  readonly accountId?: string
  readonly plan?: string
}

/** A window of a limit, known by its length. */
export interface AgentLimit {
  readonly limit: string
  readonly name: string
  readonly usedPercent: number
  readonly windowSeconds?: number
  readonly resetsAt?: string
}

/** How much of the plan is used. */
export interface AgentUsage {
  readonly plan?: string
  readonly limits: readonly AgentLimit[]
  readonly creditBalance?: string
}

/** Where an answer came from, and when. */
export interface AgentFreshness {
  readonly source: 'network' | 'cache'
  readonly fetchedAt: string
  /** True when asking anew failed, and an old answer has to do. */
  readonly stale: boolean
}

interface Common<Status extends string> {
  readonly status: Status
  readonly nextAction: NextAction
  /** What happened, in a sentence that may be shown. */
  readonly message: string
}

/** Somebody is to type `userCode` on the page at `verificationUri`. */
export interface AwaitingUser extends Common<'awaiting_user'> {
  readonly flowId: string
  readonly verificationUri: string
  readonly userCode: string
  readonly expiresAt: string
  /** A check before this asks nobody. */
  readonly pollAfter: string
  /** How long the issuer wants to be left alone between two checks. */
  readonly intervalSeconds: number
}

/** Who is signed in. `already_signed_in` when a start was not needed. */
export interface SignedIn extends Common<'signed_in' | 'already_signed_in'> {
  readonly account: AgentAccount
  /** As far as it is known without asking. */
  readonly defaultModel?: string
  readonly modelCount?: number
}

/** Nobody is signed in, or not any more. */
export interface SignedOut extends Common<'signed_out'> {
  /** After a sign-out: whether there was something to remove here. */
  readonly removed?: boolean
  /** After a sign-out: what became of the session at the issuer. */
  readonly revocation?: 'revoked' | 'failed' | 'not-needed'
}

/** The models of the plan, best first. */
export interface AgentModels extends Common<'models'>, AgentFreshness {
  readonly models: readonly string[]
}

/** The limits of the plan. */
export interface AgentUsageRead extends Common<'usage'>, AgentFreshness {
  readonly usage: AgentUsage
}

/** What failed, and whether the same call may succeed later. */
export interface AgentFailure extends Common<'error'> {
  readonly code: FailureCode
  readonly retryable: boolean
  /** The code of the library's own error, for whoever looks into it. */
  readonly reason?: string
}

/** A flow or a sign-in that is over. */
export type AgentEnd = Common<'reauth_required' | 'denied' | 'expired' | 'cancelled'>

/** What every operation answers with. No variant has room for a token, a device id, a code that can be redeemed, or a verifier. */
export type AgentResult = AwaitingUser | SignedIn | SignedOut | AgentModels | AgentUsageRead | AgentFailure | AgentEnd
