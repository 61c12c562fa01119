import { readModels, readUsage, type LimitWindow, type Usage } from '../backend/index.js'
import { isAuthError, toNetworkError, type ErrorCode, type Session } from '../core/index.js'
import { failure } from './agent-failures.js'
import type { AgentParts } from './agent-parts.js'
import type { AgentFreshness, AgentLimit, AgentModels, AgentResult, AgentUsage } from './agent-result.js'

/** How something is read from the backend. */
export interface ReadOptions {
  /** Asks also when a kept answer is fresh. */
  readonly force?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** @throws AuthError what reading throws */
export async function readAgentModels(parts: AgentParts, options: ReadOptions = {}): Promise<AgentModels> {
  const list = await withSession(parts, (session) => readModels(session, { ...parts, ...inTime(options) }))
  const models = list.models.map(({ id }) => id)
  parts.events.notice(models)
  const message = models.length === 0 ? 'The service lists no models for this account.' : 'These models can be chosen.'
  const nextAction = models.length === 0 ? 'none' : 'choose_model'
  return { status: 'models', models, ...toFreshness({ ...list, source: sourceOf(list) }), message, nextAction }
}

/** An agent waits for the answer with its person, after a sign-in even while it holds the lock of the flow. */
const patienceMs = 20_000

function inTime({ signal, ...options }: ReadOptions): ReadOptions {
  const deadline = AbortSignal.timeout(patienceMs)
  return { ...options, signal: signal ? AbortSignal.any([signal, deadline]) : deadline }
}

/** A list that came with this package is asked for nowhere here. */
function sourceOf({ source }: { readonly source: 'network' | 'cache' | 'fallback' }): 'network' | 'cache' {
  return source === 'network' ? 'network' : 'cache'
}

/** Answers that say that the service tells nothing for now, which must not look like nothing being used. */
const silences: ReadonlySet<ErrorCode> = new Set([
  'ERR_UPSTREAM_BAD_RESPONSE',
  'ERR_UPSTREAM_EDGE_BLOCKED',
  'ERR_UPSTREAM_RATE_LIMITED',
  'ERR_UPSTREAM_REGION',
  'ERR_UPSTREAM_REJECTED',
  'ERR_UPSTREAM_UNAVAILABLE',
])

/** @throws AuthError what reading throws, apart from what says that the service tells nothing */
export async function readAgentUsage(parts: AgentParts, options: ReadOptions = {}): Promise<AgentResult> {
  try {
    const usage = await withSession(parts, (session) => readUsage(session, { ...parts, ...inTime(options) }))
    if (usage.windows.length === 0 && !usage.credits) return failure('usage_unavailable')
    const message = 'This much of the plan is used.'
    return { status: 'usage', usage: toAgentUsage(usage), ...toFreshness(usage), message, nextAction: 'none' }
  } catch (error) {
    if (isAuthError(error) && silences.has(error.code)) return failure('usage_unavailable', error.code)
    throw error
  }
}

/**
 * Reading refreshes nothing by itself, and an agent has nobody to run a command: an ended access token is renewed here, once. A session that
 * finds somebody else signed in than before makes way for theirs.
 */
async function withSession<Answer>(parts: AgentParts, read: (session: Session) => Promise<Answer>): Promise<Answer> {
  const readNow = () => read(parts.session()).catch((error: unknown) => Promise.reject(toFailure(error, parts)))
  try {
    return await readNow()
  } catch (error) {
    if (!isAuthError(error)) throw error
    if (error.code === 'ERR_TOKEN_ACCOUNT_MISMATCH') parts.renewSession()
    else if (error.code !== 'ERR_TOKEN_EXPIRED' && error.code !== 'ERR_UPSTREAM_UNAUTHORIZED') throw error
    if (error.code === 'ERR_UPSTREAM_UNAUTHORIZED') await parts.session().refresh()
    else await parts.session().credential()
    return readNow()
  }
}

/** The deadline may pass before the question is on its way. */
function toFailure(error: unknown, { provider }: AgentParts): unknown {
  const isLate = error instanceof Error && error.name === 'TimeoutError'
  return isLate ? toNetworkError(error, provider.backendUrl) : error
}

interface Found {
  readonly source: 'network' | 'cache'
  readonly fetchedAtMs: number
  readonly failure?: unknown
}

function toFreshness(found: Found): AgentFreshness {
  const { source, fetchedAtMs } = found
  return { source, fetchedAt: new Date(fetchedAtMs).toISOString(), stale: found.failure !== undefined }
}

export function toAgentUsage({ planType, windows, credits }: Usage): AgentUsage {
  return {
    ...(planType !== undefined && { plan: planType }),
    limits: windows.map(toAgentLimit),
    ...(credits?.balance !== undefined && { creditBalance: credits.balance }),
  }
}

function toAgentLimit({ limit, name, usedPercent, windowMs, resetsAtMs }: LimitWindow): AgentLimit {
  return {
    limit,
    name,
    usedPercent,
    ...(windowMs !== undefined && { windowSeconds: windowMs / 1000 }),
    ...(resetsAtMs !== undefined && { resetsAt: new Date(resetsAtMs).toISOString() }),
  }
}
