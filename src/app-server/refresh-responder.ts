import { isAuthError, waitFor, type ErrorCode, type JsonValue, type Logger, isJsonObject } from '../core/index.js'
import {
  requireChatgptMetadata,
  type ChatgptMetadata,
  type ExternalAuth,
  type ExternalTokens,
} from '../core/external.js'
import type { ChatgptAuthTokensRefreshResponse, LoginAccountParams } from './protocol/wire.js'
import { AnswerableError } from './rpc-peer.js'
import { createTokenKeeper } from './token-keeper.js'

/** Gives the server its tokens: the first ones, and others whenever it was refused with those. */
export interface RefreshResponder {
  /** The tokens to begin with. @throws AuthError `ERR_TOKEN_NO_ACCOUNT`, and what the source throws */
  first(): Promise<ExternalTokens & { readonly chatgpt: ChatgptMetadata }>
  /** For `account/chatgptAuthTokens/refresh`. @throws AnswerableError in fixed words */
  answer(params: JsonValue): Promise<ChatgptAuthTokensRefreshResponse>
}

export interface RefreshResponderOptions {
  readonly auth: ExternalAuth
  readonly logger: Logger
  /** Shorter than the server waits for an answer, which is ten seconds (real-codex 13.4). */
  readonly patienceMs: number
}

const mismatch = 'The account of the refreshed token is not the one that was signed in.'
const noAccount = 'The refreshed token does not say which account it is for.'
const ended = 'The sign-in of the host has ended.'
const tooSlow = 'The host is still refreshing the token; ask again.'
const failed = 'The host could not refresh the token.'

/** Fixed words: whatever a source throws may hold what the server should not read. */
const words: Partial<Record<ErrorCode, string>> = {
  ERR_TOKEN_ACCOUNT_MISMATCH: mismatch,
  ERR_TOKEN_NO_ACCOUNT: noAccount,
  ERR_SIGN_IN_REQUIRED: ended,
  ERR_TOKEN_EXPIRED: ended,
  ERR_TOKEN_NOT_REFRESHABLE: ended,
  ERR_TOKEN_REFRESH_EXPIRED: ended,
  ERR_TOKEN_REFRESH_REUSED: ended,
  ERR_TOKEN_REFRESH_REVOKED: ended,
  ERR_TOKEN_REFRESH_REJECTED: ended,
}

/** Plan names of the claims that the server knows under another name. */
const planNames: Readonly<Record<string, string>> = { hc: 'enterprise', education: 'edu' }

/**
 * A responder over one source. Requests that come while a refresh runs share it. A refresh that takes longer than the server waits goes on, and
 * the next request gets what it brings; what a refresh brought is the source's to keep, whatever becomes of the answer.
 */
export function createRefreshResponder({ auth, logger, patienceMs }: RefreshResponderOptions): RefreshResponder {
  const keeper = createTokenKeeper(auth)
  let accountId: string | undefined
  let last: ExternalTokens | undefined

  /** As long as the server waits; a refresh that fails after that has nobody left to tell. */
  async function refreshInTime(): Promise<ExternalTokens> {
    const work = last ? keeper.insteadOf(last, accountId) : keeper.current()
    work.catch(() => undefined)
    return waitFor(() => work, AbortSignal.timeout(patienceMs))
  }

  async function refresh(params: JsonValue): Promise<ChatgptAuthTokensRefreshResponse> {
    const tokens = await refreshInTime()
    const metadata = requireChatgptMetadata(tokens)
    assertSame(metadata.accountId, readPreviousAccount(params))
    last = tokens
    assertSame(metadata.accountId, accountId)
    return {
      accessToken: tokens.accessToken.reveal(),
      chatgptAccountId: metadata.accountId,
      chatgptPlanType: toPlanName(metadata.planType) ?? null,
    }
  }

  return {
    async first() {
      last = await keeper.current()
      const chatgpt = requireChatgptMetadata(last)
      accountId = chatgpt.accountId
      return { ...last, chatgpt }
    },
    async answer(params) {
      try {
        return await refresh(params)
      } catch (error) {
        logger.warn(`A refresh for the app server failed. ${isAuthError(error) ? error.code : 'No code.'}`)
        throw toAnswer(error)
      }
    },
  }
}

/** `account/login/start` with the tokens of a host (protocol 8.2). */
export function toLogin({ accessToken }: ExternalTokens, { accountId, planType }: ChatgptMetadata): LoginAccountParams {
  const plan = toPlanName(planType)
  return {
    type: 'chatgptAuthTokens',
    accessToken: accessToken.reveal(),
    chatgptAccountId: accountId,
    ...(plan !== undefined && { chatgptPlanType: plan }),
  }
}

/** The server adopts whatever account it is given (real-codex 13.4), so this is where a change of account stops. */
function assertSame(accountId: string, expected: string | undefined): void {
  if (expected !== undefined && expected !== accountId) throw new AnswerableError(mismatch)
}

function readPreviousAccount(params: JsonValue): string | undefined {
  const value = isJsonObject(params) ? params['previousAccountId'] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

function toPlanName(planType: string | undefined): string | undefined {
  return planType === undefined ? undefined : (planNames[planType] ?? planType)
}

function toAnswer(error: unknown): AnswerableError {
  if (error instanceof AnswerableError) return error
  if (error instanceof Error && error.name === 'TimeoutError') return new AnswerableError(tooSlow)
  return new AnswerableError((isAuthError(error) ? words[error.code] : undefined) ?? failed)
}
