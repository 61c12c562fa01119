import { isAuthError, type ErrorCode } from '../core/index.js'
import type { AgentEnd, AgentFailure, AgentResult, FailureCode, NextAction } from './agent-result.js'

interface FailureRow {
  readonly message: string
  readonly nextAction: NextAction
  readonly retryable?: true
}

/** Fixed words: what a server, a file name or a person said never reaches a model through an error. */
const failures: Readonly<Record<FailureCode, FailureRow>> = {
  device_login_disabled: {
    message:
      'Signing in with a code is switched off. It is enabled in ChatGPT under Settings, Security, or by the admin of the workspace.',
    nextAction: 'enable_device_login',
  },
  wrong_account: {
    message: 'Another account signed in than the one that is connected. Nothing was replaced.',
    nextAction: 'none',
  },
  approval_lost: {
    message: 'The approval could not be turned into a sign-in: it was used up, or too old. Nothing was replaced.',
    nextAction: 'start_again',
  },
  unknown_flow: { message: 'There is no such sign-in under way.', nextAction: 'start_again' },
  flow_unreadable: {
    message: 'What was kept of the sign-in under way cannot be read. Whoever is signed in stays so.',
    nextAction: 'start_again',
  },
  other_credential: {
    message: 'The profile holds another kind of credential, which was left alone.',
    nextAction: 'none',
  },
  network: {
    message: 'The service cannot be reached. Nothing was lost.',
    nextAction: 'try_again_later',
    retryable: true,
  },
  rate_limited: {
    message: 'The service asks to slow down, or a limit of the plan is reached.',
    nextAction: 'try_again_later',
    retryable: true,
  },
  region_unavailable: { message: 'The service is not available from here.', nextAction: 'none' },
  usage_unavailable: {
    message: 'The service tells no usage right now. That is not the same as nothing being used.',
    nextAction: 'try_again_later',
    retryable: true,
  },
  upstream: {
    message: 'The service answered in a way that is not understood. Nothing was lost.',
    nextAction: 'try_again_later',
    retryable: true,
  },
  store_unavailable: {
    message: 'The place where the sign-in is kept cannot be used. Run `planpass doctor`.',
    nextAction: 'none',
  },
  configuration: { message: 'Something is not set up as it has to be. Run `planpass doctor`.', nextAction: 'none' },
  internal: { message: 'Something went wrong that should not. Run `planpass doctor`.', nextAction: 'none' },
}

/** Codes with a meaning of their own; the others go by their area. */
const codes: Partial<Record<ErrorCode, FailureCode>> = {
  ERR_SIGN_IN_DEVICE_DISABLED: 'device_login_disabled',
  ERR_SIGN_IN_WRONG_ACCOUNT: 'wrong_account',
  ERR_SIGN_IN_FAILED: 'approval_lost',
  ERR_TOKEN_UNSUPPORTED_MODE: 'other_credential',
  ERR_CONFIG_TERMS: 'other_credential',
  ERR_TOKEN_REFRESH_UNAVAILABLE: 'network',
  ERR_TOKEN_EXPIRED: 'network',
  ERR_TOKEN_WRONG_ORIGIN: 'configuration',
  ERR_UPSTREAM_REGION: 'region_unavailable',
  ERR_UPSTREAM_RATE_LIMITED: 'rate_limited',
  ERR_UPSTREAM_USAGE_LIMIT: 'rate_limited',
}

const areas: readonly (readonly [prefix: string, code: FailureCode])[] = [
  ['ERR_NETWORK_', 'network'],
  ['ERR_STORE_', 'store_unavailable'],
  ['ERR_CONFIG_', 'configuration'],
  ['ERR_UPSTREAM_', 'upstream'],
]

export function failure(code: FailureCode, reason?: ErrorCode): AgentFailure {
  const { message, nextAction, retryable = false } = failures[code]
  return { status: 'error', code, message, nextAction, retryable, ...(reason !== undefined && { reason }) }
}

const ends: Readonly<Record<AgentEnd['status'], Omit<AgentEnd, 'status'>>> = {
  reauth_required: { message: 'The sign-in has ended. The person has to sign in again.', nextAction: 'start_again' },
  denied: { message: 'The person refused the sign-in. Ask before starting another.', nextAction: 'none' },
  expired: { message: 'The code ended before it was approved.', nextAction: 'start_again' },
  cancelled: { message: 'The sign-in was called off. Who was signed in before still is.', nextAction: 'none' },
}

export function end(status: AgentEnd['status']): AgentEnd {
  return { status, ...ends[status] }
}

/** What an error amounts to for an agent. Whatever is not ours is a bug, and says nothing. */
export function toAgentResult(error: unknown): AgentResult {
  if (!isAuthError(error)) return failure('internal')
  const { code, remedy } = error
  if (code === 'ERR_SIGN_IN_DENIED') return end('denied')
  if (code === 'ERR_SIGN_IN_EXPIRED') return end('expired')
  const named = codes[code]
  if (named) return failure(named, code)
  if (code === 'ERR_SIGN_IN_REQUIRED') return signedOut()
  const isAboutTokens = /^ERR_(TOKEN|UPSTREAM)_/.test(code)
  if (isAboutTokens && remedy === 'sign-in') return end('reauth_required')
  const area = areas.find(([prefix]) => code.startsWith(prefix))
  return failure(area?.[1] ?? 'internal', code)
}

/** Nobody is signed in. Starting is not a next action: only the person can ask for it. */
export function signedOut(): AgentResult {
  return { status: 'signed_out', message: 'Nobody is signed in.', nextAction: 'none' }
}
