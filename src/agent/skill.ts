/**
 * The seven functions of the published `chatgpt-codex-onboarding` skill, over the engine in `planpass/agent`.
 *
 * @module
 */
import { systemClock, type Clock } from '../core/index.js'
import { toAgentResult } from './agent-failures.js'
import type { AgentResult, AwaitingUser } from './agent-result.js'
import type { Agent } from './create-agent.js'
import { openAgent } from './open-agent.js'
import { skillFailure, toSeconds, type SkillFailure, type SkillResult } from './skill-result.js'
import { keptUsage, orNull, toCacheFlush, toConnectedView, toNextStep, toPrefixed, toUsageView } from './skill-views.js'

export { modelPrefix, type SkillFailure, type SkillResult, type SkillSuccess } from './skill-result.js'

/** What the functions work with. */
export interface SkillOptions {
  /** Default: the agent of the default profile. */
  readonly agent?: Agent | undefined
  readonly clock?: Pick<Clock, 'now'> | undefined
}

/** From where in a conversation a call comes. */
export interface SkillTurn {
  /** See `FlowOptions.turn`. */
  readonly turn?: string | undefined
}

/** What a start may ask for. */
export interface SkillStart extends SkillTurn {
  /** Whoever is signed in may be replaced; only when the person asked for that. */
  readonly switchAccount?: boolean | undefined
}

/** The seven functions. None of them throws. */
export interface Skill {
  /** Who is connected; asks nobody. */
  readonly status: () => Promise<SkillResult>
  /** An address and a code to show, apart from each other. */
  readonly start: (options?: SkillStart) => Promise<SkillResult>
  /** One look whether the person has approved. Default: the flow that is under way. */
  readonly poll: (pendingId?: string, options?: SkillTurn) => Promise<SkillResult>
  readonly logout: () => Promise<SkillResult>
  /** Renews the access token now; normally nobody has to. */
  readonly refresh: () => Promise<SkillResult>
  readonly models: (force?: boolean) => Promise<SkillResult>
  readonly usage: (force?: boolean) => Promise<SkillResult>
}

/**
 * The seven functions over an agent.
 *
 * ```ts
 * const { status, start, poll } = createSkill()
 * const started = await start()
 * ```
 *
 * @throws AuthError `ERR_CONFIG_*`, `ERR_STORE_READ` when there is no profile to work with
 */
export function createSkill({ agent = openAgent(), clock = systemClock }: SkillOptions = {}): Skill {
  const parts = { agent, clock }
  return {
    status: () => settle(status(parts)),
    start: (options) => settle(start(parts, options)),
    poll: (pendingId, options) => settle(poll(parts, pendingId, options)),
    logout: () => settle(logout(parts)),
    refresh: () => settle(refresh(parts)),
    models: (force) => settle(models(parts, force)),
    usage: (force) => settle(usage(parts, force)),
  }
}

/** The names, in the order of the skill's own table. */
export const skillNames = ['status', 'start', 'poll', 'logout', 'refresh', 'models', 'usage'] as const

/** One of the seven. */
export type SkillName = (typeof skillNames)[number]

interface Parts {
  readonly agent: Agent
  readonly clock: Pick<Clock, 'now'>
}

/** @returns what an error amounts to, for callers that could not even open an agent */
export function toSkillFailure(error: unknown): SkillFailure {
  return fromAgent(toAgentResult(error))
}

async function settle(operation: Promise<SkillResult>): Promise<SkillResult> {
  try {
    return await operation
  } catch (error) {
    return toSkillFailure(error)
  }
}

async function status({ agent, clock }: Parts): Promise<SkillResult> {
  const details = await agent.details()
  if (details.state === 'signed_out' || details.state === 'other_credential') {
    return {
      ok: true,
      state: details.state === 'signed_out' ? 'not_connected' : 'other_credential',
      connected: false,
      verification_url_root: agent.verificationUri,
      hint: 'Not connected. Run start() to log in, if the user asked for that.',
    }
  }
  const { expires_at, models_count, default_model_id, available_models, ...view } = toConnectedView(details)
  return {
    ok: true,
    state: details.state === 'signed_in' ? 'connected' : details.state,
    connected: details.state !== 'reauth_required',
    email: view.email,
    account_id: view.account_id,
    expires_at,
    expires_in_seconds: secondsUntil(details.expiresAtMs, clock),
    updated_at: orNull(details.updatedAtMs),
    models_count,
    models_fetched_at: orNull(details.models?.fetchedAtMs),
    default_model_id,
    available_models,
    usage: view.usage,
    usage_fetched_at: view.usage?.fetched_at ?? null,
  }
}

function secondsUntil(expiresAtMs: number | undefined, { now }: Pick<Clock, 'now'>): number | null {
  return expiresAtMs === undefined ? null : Math.max(0, toSeconds(expiresAtMs - now()))
}

async function start({ agent, clock }: Parts, options?: SkillStart): Promise<SkillResult> {
  const result = await agent.start(options)
  if (result.status === 'awaiting_user') return toStarted(result, clock)
  if (result.status !== 'already_signed_in' && result.status !== 'signed_in') return fromAgent(result)
  return {
    ok: true,
    status: 'connected',
    ...toConnectedView(await agent.details()),
    hint: 'Already connected. Tell the user and stop; switch accounts only when the user asks for it.',
  }
}

function toStarted(started: AwaitingUser, clock: Pick<Clock, 'now'>): SkillResult {
  const { flowId, userCode, verificationUri, expiresAt, intervalSeconds } = started
  return {
    ok: true,
    status: 'pending',
    pending_id: flowId,
    user_code: userCode,
    verification_url: verificationUri,
    interval_seconds: intervalSeconds,
    expires_in_seconds: secondsUntil(Date.parse(expiresAt), clock),
    instructions: `Open ${verificationUri} in a browser, sign in, and type the code ${userCode} there. Never share the code with anybody. Say when it is done; then the agent polls once.`,
  }
}

async function poll({ agent }: Parts, pendingId?: string, options?: SkillTurn): Promise<SkillResult> {
  const result = await agent.check({ ...options, flowId: pendingId || undefined })
  if (result.status === 'awaiting_user') {
    return {
      ok: true,
      status: 'pending',
      message: 'Still waiting for the user to authorize. Ask whether the browser step is done; poll again only then.',
    }
  }
  if (result.status !== 'signed_in' && result.status !== 'already_signed_in') return fromAgent(result)
  const details = await agent.details()
  const cache_flush = toCacheFlush(agent)
  return {
    ok: true,
    status: 'connected',
    ...toConnectedView(details),
    cache_flush,
    next_step: toNextStep(details.models?.ids),
  }
}

async function logout({ agent }: Parts): Promise<SkillResult> {
  const result = await agent.signOut()
  if (result.status !== 'signed_out') return fromAgent(result)
  const { removed = false, revocation = 'not-needed' } = result
  const word = removed ? 'disconnected' : 'not_connected'
  return { ok: true, status: word, removed, revocation, cache_flush: toCacheFlush(agent) }
}

async function refresh({ agent, clock }: Parts): Promise<SkillResult> {
  const before = await agent.details()
  if (before.state === 'signed_out') return notConnected('Not connected; nothing to refresh.')
  const result = await agent.refresh()
  if (result.status !== 'signed_in') return prefixed('refresh failed', fromAgent(result))
  const { expiresAtMs } = await agent.details()
  const expires_in_seconds = secondsUntil(expiresAtMs, clock)
  return { ok: true, status: 'refreshed', expires_at: orNull(expiresAtMs), expires_in_seconds }
}

async function models({ agent }: Parts, force = false): Promise<SkillResult> {
  const result = await agent.models({ force })
  if (result.status === 'signed_out') return notConnected('Not connected.')
  if (result.status !== 'models') return prefixed('fetch failed', fromAgent(result))
  return {
    ok: true,
    source: toSource(result.source),
    ...(result.stale && { stale: true }),
    count: result.models.length,
    available_models: toPrefixed(result.models),
    fetched_at: toSeconds(Date.parse(result.fetchedAt)),
  }
}

async function usage({ agent }: Parts, force = false): Promise<SkillResult> {
  const result = await agent.usage({ force })
  if (result.status === 'signed_out') return notConnected('Not connected.')
  if (result.status === 'error' && result.code === 'usage_unavailable') {
    return {
      ok: true,
      source: 'unavailable',
      hint: 'Account usage endpoint did not return data (may be region-restricted or rate-limited).',
      usage: keptUsage(await agent.details()),
    }
  }
  if (result.status !== 'usage') return prefixed('fetch failed', fromAgent(result))
  const view = toUsageView(result.usage, Date.parse(result.fetchedAt))
  return { ok: true, source: toSource(result.source), ...(result.stale && { stale: true }), usage: view }
}

/** The skill's word for an answer that was asked for now. */
function toSource(source: 'network' | 'cache'): 'api' | 'cache' {
  return source === 'network' ? 'api' : 'cache'
}

function notConnected(error: string): SkillFailure {
  return skillFailure('not_connected', error, 'Ask the user whether to sign in; start() only when they say so.')
}

function prefixed(what: string, { error, ...failed }: SkillFailure): SkillFailure {
  return { ...failed, error: `${what}: ${error}` }
}

/** What is no success, in the skill's words. */
function fromAgent(result: AgentResult): SkillFailure {
  if (result.status === 'signed_out') return notConnected('Not connected.')
  const { message, nextAction } = result
  if (result.status !== 'error') return skillFailure(toCode(result.status), message, hints[nextAction])
  const isUnknown = result.code === 'unknown_flow' || result.code === 'flow_unreadable'
  const error = isUnknown ? 'Unknown or expired pending flow; restart with start().' : message
  const hint = isUnknown ? "If the user hasn't run start() yet, do that first." : hints[nextAction]
  return skillFailure(result.code, error, hint)
}

type EndStatus = 'reauth_required' | 'denied' | 'expired' | 'cancelled'

function toCode(ended: AgentResult['status']): SkillFailure['code'] {
  const ends: readonly EndStatus[] = ['reauth_required', 'denied', 'expired', 'cancelled']
  return ends.find((known) => known === ended) ?? 'internal'
}

const hints: Readonly<Record<AgentResult['nextAction'], string>> = {
  show_code: 'Show the user the address and the code.',
  wait_for_user: 'Wait until the user says that it is done.',
  enable_device_login:
    'Ask the user to enable device code authorization for Codex in ChatGPT under Settings, Security, or to ask the admin of the workspace; then start again.',
  start_again: 'Tell the user, and run start() again when they want to.',
  try_again_later: 'Try once more in a while. Nothing was lost.',
  choose_model: 'Switch with /model.',
  host_refresh_models: 'Ask the user to refresh the page.',
  none: 'Tell the user. Do not try again by yourself.',
}
