import { isAuthError, type ChatgptCredential, type CredentialStore } from '../core/index.js'
import { completeSignIn, expectAccount, revokeReplaced } from '../sign-in/index.js'
import { readDetails, toStatusResult } from './agent-details.js'
import { end, failure, toAgentResult } from './agent-failures.js'
import type { AgentParts } from './agent-parts.js'
import { readAgentModels, readAgentUsage } from './agent-reads.js'
import type { AgentResult } from './agent-result.js'
import type { WriteFlow } from './flow-file.js'
import { endFlow, type ApprovedFlow, type FlowOutcome } from './sign-in-flow.js'

/**
 * Turns an approval into a stored sign-in. The grant stays in the flow's file until that is done, so a process that is killed before the
 * exchange loses nothing; one that is killed while the issuer answers loses the approval, since a code is good once (RFC 6749 4.1.2).
 */
export async function finishFlow(parts: AgentParts, flow: ApprovedFlow, write: WriteFlow): Promise<AgentResult> {
  const stored = await readChatgpt(parts.store)
  if (stored?.loginOwnerId === undefined || stored.loginOwnerId === flow.ownerBefore) {
    const failed = await exchange(parts, flow, write)
    if (failed) return failed
  }
  await write(endFlow(flow, 'signed_in'))
  parts.renewSession()
  return welcome(parts)
}

/** @returns what went wrong, if anything did */
async function exchange(parts: AgentParts, flow: ApprovedFlow, write: WriteFlow): Promise<AgentResult | undefined> {
  try {
    const accept = expectAccount({ mayReplace: flow.switchesAccount })
    const completed = await completeSignIn({ ...parts, accept }, flow.grant)
    await revokeReplaced(completed, parts)
    return undefined
  } catch (error) {
    if (!isAuthError(error) || !error.code.startsWith('ERR_SIGN_IN_')) return toAgentResult(error)
    const outcome: FlowOutcome = error.code === 'ERR_SIGN_IN_WRONG_ACCOUNT' ? 'wrong_account' : 'approval_lost'
    await write(endFlow(flow, outcome))
    return failure(outcome, error.code)
  }
}

/** What a store cannot read is replaced by a sign-in. */
export async function readChatgpt(store: CredentialStore): Promise<ChatgptCredential | undefined> {
  try {
    const stored = await store.read()
    return stored?.mode === 'chatgpt' ? stored : undefined
  } catch (error) {
    if (isAuthError(error) && error.code === 'ERR_STORE_CORRUPT') return undefined
    throw error
  }
}

/** Fetches what a picker wants to show at once. What cannot be had now is asked for when it is wanted. */
async function welcome(parts: AgentParts): Promise<AgentResult> {
  const models = await readAgentModels(parts, { force: true }).catch(nothingOfOurs)
  await readAgentUsage(parts, { force: true }).catch(nothingOfOurs)
  parts.events.emit('signed_in', models?.models ?? [])
  return readSignedIn(parts)
}

function nothingOfOurs(error: unknown): undefined {
  if (!isAuthError(error)) throw error
}

/** A host that listens needs no reminder to show the new models. */
async function readSignedIn(parts: AgentParts): Promise<AgentResult> {
  const result = toStatusResult(await readDetails(parts), 'signed_in')
  if (result.status !== 'signed_in') return result
  if (parts.events.isHeard()) return { ...result, nextAction: 'choose_model' }
  const message = 'Signed in. A model picker shows the new models once its page is refreshed.'
  return { ...result, message, nextAction: 'host_refresh_models' }
}

/** How a flow ended, for whoever asks late. */
export async function toEndResult(parts: AgentParts, outcome: FlowOutcome): Promise<AgentResult> {
  if (outcome === 'signed_in') return readSignedIn(parts)
  if (outcome === 'wrong_account' || outcome === 'approval_lost') return failure(outcome)
  return end(outcome)
}
