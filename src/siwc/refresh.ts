import {
  AuthError,
  classifyFailure,
  readFailedResponse,
  readText,
  type Change,
  type ChatgptCredential,
  type ConfirmContext,
  type CredentialStore,
  type Secret,
} from '../core/index.js'
import type { RefreshGrant } from '../core/oauth.js'
import { documented } from './documented.js'
import { verifyIdToken } from './id-token.js'
import { refreshFailures } from './issuer-failures.js'
import { postForm, type IssuerTransport } from './send.js'
import { readDetails, toRenewedCredential, toVerifiedCredential } from './stored-details.js'
import { parseTokenAnswer } from './token-answer.js'

/**
 * Spends a refresh token (siwc 4): a form with `resource` and without `scope`.
 *
 * @throws AuthError `ERR_TOKEN_REFRESH_UNAVAILABLE` when the issuer has asked for patience; `ERR_NETWORK_*`
 */
export async function sendRefresh(
  grant: RefreshGrant,
  transport: IssuerTransport,
  current: ChatgptCredential,
  nowMs: number,
): Promise<Response> {
  const { earliestRefreshAtMs = nowMs } = readDetails(current)
  if (earliestRefreshAtMs > nowMs) {
    const time = new Date(earliestRefreshAtMs).toISOString()
    const summary = `The issuer takes no refresh of this sign-in before ${time}.`
    throw new AuthError('ERR_TOKEN_REFRESH_UNAVAILABLE', summary, { retryAfterMs: earliestRefreshAtMs - nowMs })
  }
  const fields = {
    grant_type: 'refresh_token',
    client_id: grant.clientId,
    refresh_token: grant.refreshToken.reveal(),
    resource: documented.resource,
  }
  return postForm(`${grant.issuer}${documented.tokenPath}`, fields, transport)
}

/** What a refresh brought, ready to be stored before it is verified. @throws AuthError `ERR_TOKEN_REFRESH_*`, `ERR_CONFIG_CLIENT`, `ERR_UPSTREAM_*` */
export async function readRenewal(
  current: ChatgptCredential,
  response: Response,
  nowMs: number,
): Promise<ChatgptCredential> {
  if (!response.ok) throw classifyFailure(refreshFailures, await readFailedResponse(response))
  return toRenewedCredential(current, parseTokenAnswer(await readText(response)), nowMs)
}

/**
 * Verifies the ID token that a refresh left behind, if there is one, and stores that it is. Crashing in between loses nothing: whoever opens the
 * store next verifies it (siwc 4, durability). A store in trouble takes nothing away from what is verified, either.
 *
 * @throws AuthError what `verifyIdToken` throws
 */
export async function verifyRenewal(
  credential: ChatgptCredential,
  { store, serverClock, logger, ...transport }: ConfirmContext,
): Promise<ChatgptCredential> {
  const { pendingIdToken } = readDetails(credential)
  const { provenance } = credential
  if (!pendingIdToken || !provenance) return credential
  const expected = { ...provenance, subject: credential.identity.userId, nowMs: serverClock.now() }
  await verifyIdToken(pendingIdToken, expected, transport)
  const verified = toVerifiedCredential(credential, pendingIdToken)
  await storeVerified(store, verified, pendingIdToken).catch((error: unknown) => {
    logger.warn(`The refreshed sign-in is verified, which could not be stored. ${String(error)}`)
  })
  return verified
}

function storeVerified(store: CredentialStore, verified: ChatgptCredential, idToken: Secret): Promise<void> {
  return store.update(async (stored): Promise<Change<void>> => {
    // Somebody else may have verified it meanwhile, or have refreshed again.
    const isWaiting = stored && 'accessToken' in stored && readDetails(stored).pendingIdToken?.equals(idToken)
    return isWaiting ? { write: verified, result: undefined } : { keep: true, result: undefined }
  })
}
