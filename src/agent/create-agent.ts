import { endpointsOf, isAbortError, isAuthError } from '../core/index.js'
import { readDetails, toStatusResult, type AgentDetails } from './agent-details.js'
import { toAgentResult } from './agent-failures.js'
import { createAgentParts, type AgentOptions, type AgentParts } from './agent-parts.js'
import { readAgentModels, readAgentUsage, type ReadOptions } from './agent-reads.js'
import type { AgentResult } from './agent-result.js'
import {
  cancelFlow,
  checkFlow,
  signOut,
  startFlow,
  toAwaiting,
  type FlowOptions,
  type StartOptions,
} from './flow-steps.js'
import type { ModelsChanged, ModelsListener } from './model-events.js'
import { waitForFlow, type WaitOptions } from './wait-for-flow.js'
import { watchModels, type WatchOptions } from './watch-models.js'

/** A sign-in that an agent can walk its person through, without ever seeing a secret. */
export interface Agent {
  /** Who is signed in, or which sign-in is under way; reads this machine and asks nobody. */
  readonly status: () => Promise<AgentResult>
  /** A code to show, the same one while it lives; `already_signed_in` unless switching was asked for. */
  readonly start: (options?: StartOptions) => Promise<AgentResult>
  /** Asks the issuer at most once. */
  readonly check: (options?: FlowOptions) => Promise<AgentResult>
  /** Checks in the issuer's own rhythm until something is decided, at most 45 seconds when not told otherwise. Rejects when the signal aborts. */
  readonly wait: (options?: WaitOptions) => Promise<AgentResult>
  /** Calls the sign-in off that is under way. */
  readonly cancel: (options?: Pick<FlowOptions, 'flowId'>) => Promise<AgentResult>
  /** Ends the sign-in here and at the issuer, and whatever is under way. */
  readonly signOut: () => Promise<AgentResult>
  readonly models: (options?: ReadOptions) => Promise<AgentResult>
  readonly usage: (options?: ReadOptions) => Promise<AgentResult>
  /** Renews the access token now. For hosts, when something is wrong: it is renewed by itself. */
  readonly refresh: () => Promise<AgentResult>
  /** What is known here, in full as far as it may be told. For hosts. @throws AuthError `ERR_STORE_*` */
  readonly details: () => Promise<AgentDetails>
  /** Where people type codes. */
  readonly verificationUri: string
  /** Tells `listener` when this agent changes which models there are, until the returned function is called. */
  readonly subscribe: (listener: ModelsListener) => () => void
  /** Whether anybody is told. */
  readonly isHeard: () => boolean
  /** The models now, and again whenever somebody signs in or out, in any process, or the list changes. */
  readonly watchModels: (options?: WatchOptions) => AsyncIterable<ModelsChanged>
}

/**
 * The one engine behind every surface for agents. Its operations answer with an `AgentResult` whatever happens; only an aborted wait rejects.
 *
 * ```ts
 * const agent = createAgent({ folder, store, verdicts, cache, provider })
 * const started = await agent.start()
 * if (started.status === 'awaiting_user') show(started.verificationUri, started.userCode)
 * ```
 */
export function createAgent(options: AgentOptions): Agent {
  const parts = createAgentParts(options)
  const settle = (operation: Promise<AgentResult>) => settleWith(parts, operation)
  const check = (flow: FlowOptions = {}) => settle(checkFlow(parts, flow))
  return {
    status: () => settle(readStatus(parts)),
    start: (start = {}) => settle(startFlow(parts, start)),
    check,
    wait: (wait = {}) => waitForFlow(check, parts.clock, wait),
    cancel: (flow = {}) => settle(cancelFlow(parts, flow)),
    signOut: () => settle(signOut(parts)),
    models: (read) => settle(readAgentModels(parts, read)),
    usage: (read) => settle(readAgentUsage(parts, read)),
    refresh: () => settle(refresh(parts)),
    details: () => readDetails(parts),
    verificationUri: endpointsOf(parts.provider.issuer).devicePage,
    subscribe: parts.events.subscribe,
    isHeard: parts.events.isHeard,
    watchModels: (watch = {}) => watchModels(parts, watch),
  }
}

async function readStatus(parts: AgentParts): Promise<AgentResult> {
  const found = toStatusResult(await readDetails(parts), 'signed_in')
  if (found.status === 'signed_in') return found
  const flow = await parts.flows.read()
  const isLive = typeof flow === 'object' && flow.state === 'waiting' && flow.code.expiresAtMs > parts.clock.now()
  return isLive ? toAwaiting(flow, 'wait_for_user') : found
}

async function refresh(parts: AgentParts): Promise<AgentResult> {
  await parts.session().refresh()
  return readStatus(parts)
}

/** What an operation throws is a result as well. Of a bug, its name alone is logged: its message may hold anything. */
async function settleWith({ logger }: AgentParts, operation: Promise<AgentResult>): Promise<AgentResult> {
  try {
    return await operation
  } catch (error) {
    if (isAbortError(error)) throw error
    if (!isAuthError(error)) logger.warn(`A bug: ${error instanceof Error ? error.name : typeof error}.`)
    return toAgentResult(error)
  }
}
