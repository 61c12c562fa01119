import { isAuthError } from '../core/index.js'
import {
  devicePollRequest,
  processDevicePollResponse,
  processUserCodeResponse,
  userCodeRequest,
  type DevicePoll,
} from '../core/oauth.js'
import { readDetails, toStatusResult } from './agent-details.js'
import { end, failure, signedOut, toAgentResult } from './agent-failures.js'
import type { AgentParts } from './agent-parts.js'
import type { AgentResult, AwaitingUser } from './agent-result.js'
import { finishFlow, readChatgpt, toEndResult } from './finish-flow.js'
import type { KeptFlow, WriteFlow } from './flow-file.js'
import { requireDeviceCodes } from './require-device-codes.js'
import { approveFlow, createFlowId, endFlow, type SignInFlow, type WaitingFlow } from './sign-in-flow.js'

/** Which flow, and from where in the conversation. */
export interface FlowOptions {
  /** Default: the one that is under way. */
  readonly flowId?: string | undefined
  /**
   * Names the person's turn in which the caller speaks, for callers that know: within the turn of the last start or check, the issuer is not
   * asked again, however often the model calls.
   */
  readonly turn?: string | undefined
}

/** How a sign-in is started. */
export interface StartOptions extends Pick<FlowOptions, 'turn'> {
  /** Whoever is signed in may be replaced; only when the person asked for that. */
  readonly switchAccount?: boolean | undefined
}

const requestTimeoutMs = 20_000
/** Clocks of virtual machines run fast; waiting a fifth longer keeps us from being told to slow down. */
const intervalMargin = 1.2
/** RFC 8628 3.5. */
const slowDownMs = 5000

/** The flow that is under way, or a new one; nothing when somebody is signed in and stays so, which may have come about while we waited. */
export function startFlow(parts: AgentParts, { switchAccount = false, turn }: StartOptions): Promise<AgentResult> {
  return parts.flows.update(async (kept, write) => {
    const found = await readStatus(parts)
    const mayStart = switchAccount || ['signed_out', 'reauth_required'].includes(found.status) || isCorrupt(found)
    if (!mayStart) return found
    requireDeviceCodes(parts.provider)
    const flow = liveFlow(kept, parts)
    if (flow?.state === 'approved') return finishFlow(parts, flow, write)
    const switchesAccount = switchAccount || (flow?.switchesAccount ?? false)
    const waiting = flow ? { ...flow, switchesAccount, turn } : await requestCode(parts, { switchesAccount, turn })
    await write(waiting)
    return toAwaiting(waiting, 'show_code')
  })
}

/** A new sign-in is the remedy for a store that cannot be read: a copy of it is kept then. */
function isCorrupt(result: AgentResult): boolean {
  return result.status === 'error' && result.reason === 'ERR_STORE_CORRUPT'
}

async function readStatus(parts: AgentParts): Promise<AgentResult> {
  try {
    return toStatusResult(await readDetails(parts), 'already_signed_in')
  } catch (error) {
    if (isAuthError(error)) return toAgentResult(error)
    throw error
  }
}

function liveFlow(kept: KeptFlow, { clock }: AgentParts): Exclude<SignInFlow, { state: 'ended' }> | undefined {
  if (kept === undefined || kept === 'damaged' || kept.state === 'ended') return undefined
  return kept.state === 'waiting' && clock.now() >= kept.code.expiresAtMs ? undefined : kept
}

async function requestCode(
  { provider, identity, fetch, clock, store }: AgentParts,
  facts: Pick<WaitingFlow, 'switchesAccount' | 'turn'>,
): Promise<WaitingFlow> {
  const ownerAtStart = (await readChatgpt(store))?.loginOwnerId
  const transport = { fetch, identity, signal: AbortSignal.timeout(requestTimeoutMs) }
  const response = await userCodeRequest(provider, transport)
  const code = await processUserCodeResponse(provider, response, clock.now())
  const pollAfterMs = clock.now() + code.intervalMs
  return {
    ...facts,
    state: 'waiting',
    flowId: createFlowId(),
    issuer: provider.issuer,
    code,
    pollAfterMs,
    ownerAtStart,
  }
}

export function toAwaiting({ flowId, code, pollAfterMs }: WaitingFlow, nextAction: AwaitingUser['nextAction']) {
  const result: AwaitingUser = {
    status: 'awaiting_user',
    flowId,
    verificationUri: code.verificationUrl,
    userCode: code.userCode,
    expiresAt: new Date(code.expiresAtMs).toISOString(),
    pollAfter: new Date(pollAfterMs).toISOString(),
    intervalSeconds: Math.round(code.intervalMs / 1000),
    message:
      nextAction === 'show_code'
        ? 'Show the address and the code apart from each other, warn the person never to share the code, and wait for them.'
        : 'The person has not approved yet. Wait until they say that they have.',
    nextAction,
  }
  return result
}

/** Asks the issuer once whether the person has decided; not at all when that is too early, or was done in this turn already. */
export function checkFlow(parts: AgentParts, options: FlowOptions): Promise<AgentResult> {
  return parts.flows.update(async (kept, write) => {
    if (kept === 'damaged') return failure('flow_unreadable')
    if (!kept || isOther(kept, options)) return withoutFlow(parts, options)
    if (kept.state === 'ended') return toEndResult(parts, kept.outcome)
    if (kept.state === 'approved') return finishFlow(parts, kept, write)
    return checkWaiting(parts, kept, options, write)
  })
}

function isOther(flow: SignInFlow, { flowId }: FlowOptions): boolean {
  return flowId !== undefined && flowId !== flow.flowId
}

/** Somebody may have signed in another way. */
async function withoutFlow(parts: AgentParts, { flowId }: FlowOptions): Promise<AgentResult> {
  if (flowId !== undefined) return failure('unknown_flow')
  const found = toStatusResult(await readDetails(parts), 'already_signed_in')
  return found.status === 'signed_out' ? failure('unknown_flow') : found
}

async function checkWaiting(
  parts: AgentParts,
  flow: WaitingFlow,
  { turn }: FlowOptions,
  write: WriteFlow,
): Promise<AgentResult> {
  const nowMs = parts.clock.now()
  if (nowMs >= flow.code.expiresAtMs) return endWith(flow, 'expired', write)
  const isSameTurn = turn !== undefined && turn === flow.turn
  if (isSameTurn || nowMs < flow.pollAfterMs) return toAwaiting(flow, 'wait_for_user')
  const stored = await readChatgpt(parts.store)
  if (flow.ownerAtStart !== undefined && !stored) return endWith(flow, 'cancelled', write)
  const poll = await pollOnce(parts, flow)
  if (poll.state === 'denied' || poll.state === 'expired') return endWith(flow, poll.state, write)
  if (poll.state === 'approved') {
    const approved = approveFlow(flow, poll.grant, stored?.loginOwnerId)
    await write(approved)
    return finishFlow(parts, approved, write)
  }
  const later = { ...flow, turn, ...toNextPoll(flow, poll.state, parts.clock.now()) }
  await write(later)
  return toAwaiting(later, 'wait_for_user')
}

/** The issuer's answer; its two ends are answers too. */
async function pollOnce(
  { provider, identity, fetch }: AgentParts,
  { code }: WaitingFlow,
): Promise<DevicePoll | { readonly state: 'denied' | 'expired' }> {
  const transport = { fetch, identity, signal: AbortSignal.timeout(requestTimeoutMs) }
  try {
    return await processDevicePollResponse(provider, await devicePollRequest(provider, code, transport))
  } catch (error) {
    if (isAuthError(error) && error.code === 'ERR_SIGN_IN_DENIED') return { state: 'denied' }
    if (isAuthError(error) && error.code === 'ERR_SIGN_IN_EXPIRED') return { state: 'expired' }
    throw error
  }
}

function toNextPoll({ code }: WaitingFlow, state: DevicePoll['state'], nowMs: number) {
  const intervalMs = code.intervalMs + (state === 'slow-down' ? slowDownMs : 0)
  return { code: { ...code, intervalMs }, pollAfterMs: nowMs + intervalMs * intervalMargin }
}

async function endWith(flow: SignInFlow, outcome: 'denied' | 'expired' | 'cancelled', write: WriteFlow) {
  await write(endFlow(flow, outcome))
  return end(outcome)
}

/** Forgets the flow here. The code lives on at the issuer until it ends, and nobody can do anything with it. */
export function cancelFlow(parts: AgentParts, options: FlowOptions): Promise<AgentResult> {
  return parts.flows.update(async (kept, write) => {
    if (kept === 'damaged') await write(undefined)
    if (kept === undefined || kept === 'damaged') return options.flowId ? failure('unknown_flow') : end('cancelled')
    if (isOther(kept, options)) return failure('unknown_flow')
    if (kept.state === 'ended') return toEndResult(parts, kept.outcome)
    return endWith(kept, 'cancelled', write)
  })
}

/** Drops the flow first, under its lock, so that nobody can come in by it afterwards; then the sign-in and what was kept of its answers. */
export function signOut(parts: AgentParts): Promise<AgentResult> {
  return parts.flows.update(async (kept, write) => {
    if (kept === 'damaged') await write(undefined)
    else if (kept) await write(kept.state === 'ended' ? undefined : endFlow(kept, 'cancelled'))
    const { removed, revocation } = await parts.session().signOut()
    parts.renewSession()
    for (const name of ['models', 'usage']) await parts.cache.write(name, '{}')
    if (removed) parts.events.emit('signed_out', [])
    const nextAction = removed && !parts.events.isHeard() ? 'host_refresh_models' : 'none'
    return { ...signedOut(), removed, revocation, nextAction, message: inWords(removed, revocation) } as const
  })
}

function inWords(removed: boolean, revocation: string): string {
  if (!removed) return 'Nobody was signed in.'
  if (revocation === 'revoked') return 'Signed out, here and at the service.'
  return 'Signed out here, but the service did not end the session. It can be ended in ChatGPT under Settings, Security.'
}
