import { systemClock } from '../core/index.js'
import type { AuthenticatedRequest, EmulatorContext } from './context.js'
import { openAiError } from './error-response.js'
import type { EmulatorOptions } from './options.js'
import type { SessionBook } from './sessions.js'
import { isPlanClient } from './siwc/plan-client.js'

/** What the routes of both sides share. */
export function createContext(
  { clock = systemClock, rulesOff = [] }: EmulatorOptions,
  sessions: SessionBook,
): EmulatorContext {
  return {
    clock,
    isRuleOn: (rule) => !rulesOff.includes(rule),
    authenticate: (request) => authenticate(request, sessions),
    backendOrigin: (request) => new URL(request.url).origin,
  }
}

/** real-codex 8 and 14: how the backend words its three kinds of no. */
const refusals = {
  expired: ['token_expired', 'Provided authentication token is expired. Please try signing in again.'],
  revoked: ['token_invalidated', 'Your authentication token has been invalidated. Please try signing in again.'],
  unknown: ['invalid_token', 'Could not parse your authentication token. Please try signing in again.'],
} as const

function authenticate(request: Request, sessions: SessionBook): AuthenticatedRequest | Response {
  const token = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (token === undefined)
    return openAiError(401, 'missing_token', 'There is no bearer token in the Authorization header.')
  const access = sessions.access(token)
  // A token of "Sign in with ChatGPT" is for another audience (siwc 10).
  const isForeign = access.outcome === 'ok' && isPlanClient(access.session.clientId)
  if (access.outcome === 'ok' && !isForeign) {
    return { account: access.session.account, sessionId: access.session.id }
  }
  const [code, message] = refusals[access.outcome === 'ok' ? 'unknown' : access.outcome]
  return openAiError(401, code, message)
}
