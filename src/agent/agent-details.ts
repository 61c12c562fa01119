import { readModels, readUsage, type BackendSession, type Usage } from '../backend/index.js'
import {
  AuthError,
  defaultRefreshWindowMs,
  isAuthError,
  readSessionStatus,
  type Credential,
  type SessionStatus,
} from '../core/index.js'
import type { AgentParts } from './agent-parts.js'
import type { AgentAccount, AgentResult } from './agent-result.js'
import { end, failure, signedOut } from './agent-failures.js'
import { toAgentAccount } from './mask-account.js'

/** What is known of the sign-in without asking anybody: for hosts, and for those who write results of their own. */
export interface AgentDetails {
  readonly state: 'signed_out' | 'signed_in' | 'expiring' | 'reauth_required' | 'other_credential'
  readonly account: AgentAccount
  /** End of the access token, milliseconds since the epoch. */
  readonly expiresAtMs?: number
  /** When the tokens were last obtained. */
  readonly updatedAtMs?: number
  /** As they were last told, however long ago. */
  readonly models?: { readonly ids: readonly string[]; readonly fetchedAtMs: number }
  readonly usage?: Usage
}

/** Reads the store and the caches, and nothing else. @throws AuthError `ERR_STORE_*` */
export async function readDetails(parts: AgentParts): Promise<AgentDetails> {
  const { store, clock, discloses } = parts
  const [status, stored] = [await readSessionStatus(parts), await store.read()]
  const state = toState(status, clock.now())
  const facts = { state, account: toAgentAccount(status, discloses), ...toTimes(status, stored) }
  if (state !== 'signed_in' && state !== 'expiring') return facts
  const [models, usage] = [await readKeptModels(parts), await readKeptUsage(parts)]
  return { ...facts, ...(models && { models }), ...(usage && { usage }) }
}

function toState({ state, reason, expiresAtMs }: SessionStatus, nowMs: number): AgentDetails['state'] {
  if (state === 'absent') return 'signed_out'
  if (state === 'unsupported') return 'other_credential'
  if (state === 'dead') return 'reauth_required'
  const isEnding = expiresAtMs !== undefined && expiresAtMs - nowMs < defaultRefreshWindowMs
  if (isEnding && reason !== undefined) return 'reauth_required'
  return isEnding ? 'expiring' : 'signed_in'
}

function toTimes({ expiresAtMs }: SessionStatus, stored: Credential | undefined) {
  const updatedAtMs = stored?.mode === 'chatgpt' ? stored.lastRefreshMs : undefined
  return { ...(expiresAtMs !== undefined && { expiresAtMs }), ...(updatedAtMs !== undefined && { updatedAtMs }) }
}

async function refuse(): Promise<never> {
  throw new AuthError('ERR_NETWORK_UNREACHABLE', 'Nobody is asked.')
}

/** A backend that cannot be reached: what a read finds then is what was kept. */
function offline(parts: AgentParts): BackendSession {
  const session = parts.session()
  return { provider: session.provider, fetch: refuse, readOnlyFetch: refuse, status: () => session.status() }
}

async function readKeptModels(parts: AgentParts) {
  const list = await orNothing(readModels(offline(parts), parts))
  return list && { ids: list.models.map(({ id }) => id), fetchedAtMs: list.fetchedAtMs }
}

function readKeptUsage(parts: AgentParts): Promise<Usage | undefined> {
  return orNothing(readUsage(offline(parts), parts))
}

async function orNothing<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isAuthError(error)) return undefined
    throw error
  }
}

/** @param status What it means to the caller that somebody is signed in. */
export function toStatusResult(details: AgentDetails, status: 'signed_in' | 'already_signed_in'): AgentResult {
  const { state, account, models } = details
  if (state === 'signed_out') return signedOut()
  if (state === 'reauth_required') return end('reauth_required')
  if (state === 'other_credential') return failure('other_credential')
  const [defaultModel] = models?.ids ?? []
  return {
    status,
    account,
    ...(models && { modelCount: models.ids.length }),
    ...(defaultModel !== undefined && { defaultModel }),
    message: status === 'signed_in' ? 'Signed in.' : 'Somebody is signed in already. There is nothing to do.',
    nextAction: 'none',
  }
}
