import {
  AuthError,
  isJsonObject,
  parseAuthFile,
  parseJsonObject,
  readNumber,
  readObject,
  Secret,
  serializeAuthFile,
  type ChatgptCredential,
  type JsonObject,
} from '../core/index.js'
import type { TokenAnswer } from './token-answer.js'

/** What a stored sign-in holds besides its tokens. */
export interface StoredDetails {
  /** As the issuer last granted them; nothing else says what is allowed (siwc 2.6). */
  readonly scopes: readonly string[]
  /** Came with a refresh and is not verified yet. */
  readonly pendingIdToken?: Secret
  readonly earliestRefreshAtMs?: number
}

/** What was stored beside the tokens of a credential. */
export function readDetails({ document }: ChatgptCredential): StoredDetails {
  const siwc = readObject(parseJsonObject(document?.reveal() ?? ''), 'siwc')
  const scopes = Array.isArray(siwc?.['scopes']) ? siwc['scopes'] : []
  const pending = siwc?.['pending_id_token']
  const earliestRefreshAtMs = readNumber(siwc, 'earliest_refresh_at_ms')
  return {
    scopes: scopes.filter((scope) => typeof scope === 'string'),
    ...(typeof pending === 'string' && { pendingIdToken: new Secret(pending) }),
    ...(earliestRefreshAtMs !== undefined && { earliestRefreshAtMs }),
  }
}

/** A sign-in that has just succeeded, its ID token verified. */
export function toNewCredential(
  answer: TokenAnswer,
  owner: { readonly issuer: string; readonly clientId: string; readonly idToken: Secret },
  nowMs: number,
): ChatgptCredential {
  const tokens = {
    id_token: owner.idToken.reveal(),
    access_token: answer.accessToken.reveal(),
    refresh_token: answer.refreshToken?.reveal() ?? '',
    oauth_provenance: { issuer: owner.issuer, client_id: owner.clientId },
  }
  return toCredential({ auth_mode: 'siwc', tokens, last_refresh: toTime(nowMs), siwc: toDetails(answer, []) })
}

/**
 * The credential after a refresh: tokens, end and scopes replaced together (siwc 3). An ID token that came along waits beside the verified one
 * until it is verified itself, so that what was rotated can be stored first.
 */
export function toRenewedCredential(current: ChatgptCredential, answer: TokenAnswer, nowMs: number): ChatgptCredential {
  const document = toDocument(current)
  const tokens = readObject(document, 'tokens') ?? {}
  const renewed: JsonObject = {
    ...tokens,
    access_token: answer.accessToken.reveal(),
    refresh_token: (answer.refreshToken ?? current.refreshToken)?.reveal() ?? '',
  }
  const details = toDetails(answer, readDetails(current).scopes)
  const pending = answer.idToken && { pending_id_token: answer.idToken.reveal() }
  return toCredential({ ...document, tokens: renewed, last_refresh: toTime(nowMs), siwc: { ...details, ...pending } })
}

/** The credential once its pending ID token is verified. */
export function toVerifiedCredential(current: ChatgptCredential, idToken: Secret): ChatgptCredential {
  const document = toDocument(current)
  const { pending_id_token: _pending, ...details } = readObject(document, 'siwc') ?? {}
  const tokens = { ...readObject(document, 'tokens'), id_token: idToken.reveal() }
  return toCredential({ ...document, tokens, siwc: details })
}

function toDetails(
  { scopes, expiresInSeconds, earliestRefreshAtMs }: TokenAnswer,
  before: readonly string[],
): JsonObject {
  return {
    scopes: [...(scopes ?? before)],
    ...(expiresInSeconds !== undefined && { expires_in: expiresInSeconds }),
    ...(earliestRefreshAtMs !== undefined && { earliest_refresh_at_ms: earliestRefreshAtMs }),
  }
}

function toDocument(credential: ChatgptCredential): JsonObject {
  const document = parseJsonObject(serializeAuthFile(credential))
  if (isJsonObject(document)) return document
  throw new TypeError('A credential always has a document.')
}

/** Through the file's own parser: what is held is what would be read again. */
function toCredential(document: JsonObject): ChatgptCredential {
  const credential = parseAuthFile(JSON.stringify(document, undefined, 2))
  if (credential && 'accessToken' in credential) return credential
  throw new AuthError('ERR_STORE_CORRUPT', 'The stored credential is not one of this provider.')
}

function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
