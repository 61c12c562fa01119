import { AuthError, isAbortError, isAuthError } from './errors.js'
import type { ChatgptCredential } from './credential.js'
import { tokenText } from './oauth/token-response.js'
import type { Secret } from './secret.js'
import type { Session } from './session.js'
import { toOneSafeLine } from './to-one-safe-line.js'

/** Which ChatGPT account a token is for (protocol 7.1). */
export interface ChatgptMetadata {
  /** The workspace; sent as `ChatGPT-Account-ID`. */
  readonly accountId: string
  readonly planType?: string
  /** Default: what the token's claims say. */
  readonly isFedramp?: boolean
}

/** What an external source gives out. Without ChatGPT metadata the token is a plain bearer. */
export interface ExternalTokens {
  readonly accessToken: Secret
  readonly chatgpt?: ChatgptMetadata
}

/** Why another token is wanted. */
export interface ExternalRefreshContext {
  /** The backend answered 401. */
  readonly reason: 'unauthorized'
  /** The account of the tokens given so far: those of another account will be refused. */
  readonly previousAccountId?: string
  /** The token that was refused: a source that has a newer one by now gives that, and spends nothing. */
  readonly rejected?: Secret
}

/** A credential somebody else owns: a host program, a command, a broker. Bearer-only sources are first class. */
export interface ExternalAuth {
  /** The tokens for the next request; how long they are cached is the source's affair. `undefined`: nothing to offer before a `refresh`. */
  resolve?(): Promise<ExternalTokens | undefined>
  /** Other tokens after a 401. */
  refresh(context: ExternalRefreshContext): Promise<ExternalTokens>
}

/** A token that is sent as it is, with no account beside it. @throws AuthError `ERR_TOKEN_SOURCE_FAILED` when it cannot stand in a header */
export function bearerTokens(accessToken: Secret): ExternalTokens {
  assertHeaderText(accessToken.reveal(), 'access token')
  return { accessToken }
}

/** A token of a ChatGPT account. @throws AuthError `ERR_TOKEN_SOURCE_FAILED` when it or the account id cannot stand in a header */
export function chatgptTokens(accessToken: Secret, metadata: ChatgptMetadata): ExternalTokens {
  assertHeaderText(metadata.accountId, 'account id')
  return { ...bearerTokens(accessToken), chatgpt: metadata }
}

/**
 * The metadata, for those who persist or rebuild ChatGPT auth and cannot do without.
 *
 * @throws AuthError `ERR_TOKEN_NO_ACCOUNT`
 */
export function requireChatgptMetadata(tokens: ExternalTokens): ChatgptMetadata {
  if (tokens.chatgpt) return tokens.chatgpt
  throw new AuthError('ERR_TOKEN_NO_ACCOUNT', 'The external source did not say which ChatGPT account its token is for.')
}

/** A function as a source. It is called before each request, without a context, and after a 401, with one; caching is its own affair. */
export function fromFunction(give: (context?: ExternalRefreshContext) => Promise<ExternalTokens>): ExternalAuth {
  return { resolve: () => give(), refresh: give }
}

/** A session as a source: what it gives out is an access token, never the refresh token. */
export function fromSession(session: Pick<Session, 'credential' | 'refresh'>): ExternalAuth {
  return {
    resolve: async () => toExternalTokens(await session.credential()),
    refresh: async ({ rejected }) => toExternalTokens(await replaceRejected(session, rejected)),
  }
}

/**
 * Another credential than the one whose access token was refused. One that is still good is enough when a refresh fails.
 *
 * @param rejected Not known: refreshes in any case.
 * @throws AuthError what `session.refresh` throws
 */
export async function replaceRejected(
  session: Pick<Session, 'credential' | 'refresh'>,
  rejected: Secret | undefined,
): Promise<ChatgptCredential> {
  try {
    return await session.refresh({ rejected })
  } catch (error) {
    const kept = rejected && (await session.credential().catch(() => undefined))
    if (!kept || kept.accessToken.equals(rejected)) throw error
    return kept
  }
}

/**
 * As much of a credential as another program needs to make requests.
 *
 * @throws AuthError `ERR_CONFIG_TERMS` for a sign-in that its terms tie to one program
 */
export function toExternalTokens({ mode, accessToken, accountId, identity }: ChatgptCredential): ExternalTokens {
  if (mode === 'siwc') throw new AuthError('ERR_CONFIG_TERMS', 'This sign-in is for the connected program alone.')
  if (accountId === undefined) return bearerTokens(accessToken)
  const { planType } = identity
  return chatgptTokens(accessToken, { accountId, ...(planType !== undefined && { planType }) })
}

/** Whatever a source throws says nothing about the sign-in behind it, so it is worth another try (protocol 7.1). */
export function toSourceError(error: unknown): unknown {
  if (isAbortError(error) || isAuthError(error)) return error
  const reason = error instanceof Error ? error.message : String(error)
  return sourceFailure(`The external token source failed: ${toOneSafeLine(reason)}.`, error)
}

/** The error of a source that gave no token. Of `summary`, the caller sees to it that it holds no secret. */
export function sourceFailure(summary: string, cause?: unknown): AuthError {
  return new AuthError('ERR_TOKEN_SOURCE_FAILED', summary, { cause })
}

function assertHeaderText(text: string, what: string): void {
  if (!tokenText.test(text)) throw sourceFailure(`The ${what} of the external source cannot stand in a header.`)
}
