import { createAuthorizedFetch } from './authorized-fetch.js'
import type { Signer } from './request-signature.js'
import { decodeClaims, readExpiry, readIdentity, type Identity } from './claims.js'
import { createClientIdentity, type ClientIdentity } from './client-identity.js'
import { systemClock, type Clock } from './clock.js'
import { AuthError } from './errors.js'
import {
  requireChatgptMetadata,
  toSourceError,
  type ExternalAuth,
  type ExternalRefreshContext,
  type ExternalTokens,
} from './external-auth.js'
import { silentLogger, type Logger } from './logger.js'
import { platformFetch, type Fetch } from './network-failure.js'
import { codexProvider } from './providers/codex.js'
import type { Provider } from './providers/provider.js'
import type { Recovery } from './recovery.js'
import type { Session, WaitOptions } from './session.js'
import { waitFor } from './wait-for.js'

/** What a session over somebody else's tokens is made of. */
export interface ExternalSessionOptions {
  readonly auth: ExternalAuth
  /** Whose backend the tokens are for; default: OpenAI's own. */
  readonly provider?: Provider
  /** Who we say we are, see `createClientIdentity`; default `planpass`. */
  readonly identity?: ClientIdentity
  readonly fetch?: Fetch
  readonly clock?: Clock
  readonly logger?: Logger
}

/** What is known of tokens that somebody else keeps alive. */
export interface ExternalStatus {
  /** `absent`: the source has nothing to offer yet; `refreshable`: its token has ended by its own word. */
  readonly state: 'absent' | 'valid' | 'refreshable'
  readonly signedIn: boolean
  readonly mode?: 'chatgptAuthTokens' | 'bearer'
  readonly email?: string
  readonly planType?: string
  readonly accountId?: string
  readonly userId?: string
  /** End of the access token, milliseconds since the epoch; absent when it is opaque. */
  readonly expiresAtMs?: number
}

/** A session over tokens of somebody else's. It holds them in memory, has no refresh token, and persists nothing. */
export interface ExternalSession extends Pick<
  Session,
  'provider' | 'identity' | 'accessToken' | 'fetch' | 'readOnlyFetch'
> {
  /** What the source has at hand; never refreshes. */
  status(): Promise<ExternalStatus>
  /**
   * The tokens for the next request, from the source.
   *
   * @throws AuthError `ERR_TOKEN_SOURCE_FAILED`, `ERR_TOKEN_ACCOUNT_MISMATCH`, `ERR_TOKEN_NO_ACCOUNT`, and the source's own
   */
  tokens(options?: WaitOptions): Promise<ExternalTokens>
}

/** Tokens as they sign a request, and what they say of themselves. */
interface Held extends Signer {
  readonly tokens: ExternalTokens
  readonly identity: Identity
  readonly expiresAtMs: number | undefined
}

/**
 * A session over an external source, which is asked before each request, and once more after a 401. It is for one account: the first the
 * source names.
 */
export function createExternalSession(options: ExternalSessionOptions): ExternalSession {
  const { auth, provider = codexProvider, identity = createClientIdentity() } = options
  const { clock = systemClock, logger = silentLogger } = options
  const { fetch = platformFetch } = options
  let held: Held | undefined
  let refreshing: Promise<Held> | undefined

  function hold(tokens: ExternalTokens): Held {
    if (held?.tokens.chatgpt) assertSameAccount(held.tokens.chatgpt.accountId, tokens)
    // The object stays the same as long as the token does: its signature is worked out once.
    if (!held || !isSame(held.tokens, tokens)) held = toHeld(tokens)
    return held
  }

  async function resolve(): Promise<Held | undefined> {
    const before = held
    const tokens = await ask(async () => auth.resolve?.())
    // An answer that comes late must not bring back the token that was refused meanwhile.
    return tokens && held === before ? hold(tokens) : held
  }

  /** One refresh at a time, shared by everybody who was refused meanwhile. */
  function refreshOnce(): Promise<Held> {
    refreshing ??= ask(() => auth.refresh(toContext(held)))
      .then(hold)
      .finally(() => {
        refreshing = undefined
      })
    return refreshing
  }

  async function current(): Promise<Held> {
    return refreshing ?? (await resolve()) ?? refreshOnce()
  }

  /** What another request was given meanwhile, else what the source gives now. */
  async function recover(rejected: Held): Promise<Held> {
    if (held && !held.accessToken.equals(rejected.accessToken)) return held
    logger.debug('The backend refused the token of the external source, which is asked for another.')
    return refreshOnce()
  }

  /** On the first 401 of a request, and on no second one. */
  function startRecovery(): Recovery<Held> {
    let isSpent = false
    return async (rejected) => {
      if (isSpent) return undefined
      isSpent = true
      return recover(rejected)
    }
  }

  /** Whatever the source has at hand. */
  async function unexpired(): Promise<Held> {
    const offered = await resolve()
    if (!offered) throw new AuthError('ERR_SIGN_IN_REQUIRED', 'The external source has no token to offer yet.')
    if (isEnded(offered, clock.now())) throw new AuthError('ERR_TOKEN_EXPIRED', 'The access token has ended.')
    return offered
  }

  const signing = { provider, identity, fetch }
  const tokens = async (wait?: WaitOptions) => (await waitFor(current, wait?.signal)).tokens
  return {
    provider,
    identity,
    status: async () => toStatus(await resolve(), clock.now()),
    tokens,
    accessToken: async (wait) => (await tokens(wait)).accessToken,
    fetch: createAuthorizedFetch<Held>({
      ...signing,
      credential: (signal) => waitFor(current, signal),
      startRecovery,
    }),
    readOnlyFetch: createAuthorizedFetch<Held>({ ...signing, credential: (signal) => waitFor(unexpired, signal) }),
  }
}

async function ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
  try {
    return await question()
  } catch (error) {
    throw toSourceError(error)
  }
}

/** The codex binary adopts another account here (real-codex 13.4); a request of one person must not turn into another's. */
function assertSameAccount(accountId: string, tokens: ExternalTokens): void {
  if (requireChatgptMetadata(tokens).accountId === accountId) return
  throw new AuthError('ERR_TOKEN_ACCOUNT_MISMATCH', 'The external source gave a token of another account.')
}

function isSame(one: ExternalTokens, other: ExternalTokens): boolean {
  return (
    one.accessToken.equals(other.accessToken) &&
    one.chatgpt?.accountId === other.chatgpt?.accountId &&
    one.chatgpt?.planType === other.chatgpt?.planType
  )
}

function toHeld(tokens: ExternalTokens): Held {
  const { accessToken, chatgpt } = tokens
  const claims = chatgpt ? decodeClaims(accessToken.reveal()) : undefined
  return {
    tokens,
    accessToken,
    ...(chatgpt && { accountId: chatgpt.accountId }),
    identity: { ...readIdentity(claims), ...(chatgpt?.isFedramp !== undefined && { isFedramp: chatgpt.isFedramp }) },
    expiresAtMs: readExpiry(accessToken.reveal()),
  }
}

function toContext(held: Held | undefined): ExternalRefreshContext {
  return {
    reason: 'unauthorized',
    ...(held?.accountId !== undefined && { previousAccountId: held.accountId }),
    ...(held && { rejected: held.accessToken }),
  }
}

function isEnded(held: Held, nowMs: number): boolean {
  return held.expiresAtMs !== undefined && held.expiresAtMs <= nowMs
}

/** The metadata is the source's word and wins over the token's claims (protocol 7.1). */
function toStatus(held: Held | undefined, nowMs: number): ExternalStatus {
  if (!held) return { state: 'absent', signedIn: false }
  const { tokens, identity, expiresAtMs } = held
  const planType = tokens.chatgpt?.planType ?? identity.planType
  return {
    state: isEnded(held, nowMs) ? 'refreshable' : 'valid',
    signedIn: true,
    mode: tokens.chatgpt ? 'chatgptAuthTokens' : 'bearer',
    ...(identity.email !== undefined && { email: identity.email }),
    ...(planType !== undefined && { planType }),
    ...(held.accountId !== undefined && { accountId: held.accountId }),
    ...(identity.userId !== undefined && { userId: identity.userId }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  }
}
