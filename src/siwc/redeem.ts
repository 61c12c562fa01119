import { classifyFailure, readFailedResponse, readText, type ChatgptCredential } from '../core/index.js'
import type { AuthorizationGrant, RevocationGrant } from '../core/oauth.js'
import { documented } from './documented.js'
import { verifyIdToken } from './id-token.js'
import { exchangeFailures } from './issuer-failures.js'
import { registrationOf, wasAccepted, type Registration, type RegistrationStore } from './registration.js'
import { postForm, type IssuerTransport } from './send.js'
import { toNewCredential } from './stored-details.js'
import { parseTokenAnswer, requireWhole, type TokenAnswer } from './token-answer.js'

/** An approved sign-in, and under what it is exchanged. */
export interface Redemption {
  readonly issuer: string
  /** The issued client id. */
  readonly clientId: string
  readonly nonce: string
  readonly grant: AuthorizationGrant
  readonly registrations: RegistrationStore
  readonly revoke: (grant: RevocationGrant) => Promise<void>
  readonly nowMs: number
}

/**
 * Exchanges a code, verifies whose the tokens are, and returns what is to be stored. The issued client id is stored before: an exchange that
 * fails must not register a second program (siwc 2.3). Until the sign-in is accepted, a registration that is connected stays beside it.
 *
 * @throws AuthError `ERR_SIGN_IN_FAILED`, `ERR_SIGN_IN_IDENTITY`, `ERR_SIGN_IN_WRONG_ACCOUNT`, `ERR_CONFIG_CLIENT`, `ERR_UPSTREAM_*`, `ERR_NETWORK_*`
 */
export async function redeemCode(redemption: Redemption, transport: IssuerTransport): Promise<ChatgptCredential> {
  const { issuer, clientId, nonce, nowMs } = redemption
  const known = await rememberClient(redemption)
  const { answer, issuerMs } = await exchange(redemption, transport)
  try {
    const whole = requireWhole(answer)
    const { idToken } = whole
    await verifyIdToken(idToken, { issuer, clientId, nonce, subject: known.subject, nowMs: issuerMs }, transport)
    return toNewCredential(whole, { issuer, clientId, idToken }, nowMs)
  } catch (error) {
    await end(redemption, answer)
    throw error
  }
}

/** Nobody will have these tokens, so their session must not live on. */
async function end(
  { issuer, clientId, revoke }: Redemption,
  { refreshToken, accessToken }: TokenAnswer,
): Promise<void> {
  const [token, kind] = refreshToken ? [refreshToken, 'refresh_token' as const] : [accessToken, 'access_token' as const]
  await revoke({ issuer, clientId, token, kind }).catch(() => undefined)
}

/** Of a sign-in that was accepted: its client is the registered one from now on, and whose it is stands there. */
export async function settleRegistration(
  registrations: RegistrationStore,
  credential: ChatgptCredential,
): Promise<void> {
  await registrations.update((known) => registrationOf(credential, known))
}

async function rememberClient({ issuer, clientId, registrations }: Redemption): Promise<Registration> {
  const pending: Registration = { issuer, clientId, state: 'pending' }
  const stored = await registrations.update((known) => {
    if (known?.clientId === clientId) return known
    const isReplaceable = !known || !wasAccepted(known) || known.issuer !== issuer
    return isReplaceable ? pending : { ...known, pendingClientId: clientId }
  })
  return stored?.clientId === clientId ? stored : pending
}

/** What was exchanged for a code, and when by the issuer's clock. */
interface Exchanged {
  readonly answer: TokenAnswer
  readonly issuerMs: number
}

/** RFC 6749 4.1.3 with `resource` (RFC 8707). Sent once: the code may be spent even when the answer is lost. */
async function exchange(
  { issuer, clientId, grant, nowMs }: Redemption,
  transport: IssuerTransport,
): Promise<Exchanged> {
  const fields = {
    grant_type: 'authorization_code',
    client_id: clientId,
    code: grant.code.reveal(),
    code_verifier: grant.verifier.reveal(),
    redirect_uri: grant.redirectUri,
    resource: documented.resource,
  }
  const response = await postForm(`${issuer}${documented.tokenPath}`, fields, transport)
  if (!response.ok) throw classifyFailure(exchangeFailures, await readFailedResponse(response))
  return { answer: parseTokenAnswer(await readText(response)), issuerMs: readDate(response) ?? nowMs }
}

/** When it was answered (RFC 9110 6.6.1): a wrong clock on this machine must not keep anybody from signing in. */
function readDate(response: Response): number | undefined {
  const date = Date.parse(response.headers.get('date') ?? '')
  return Number.isNaN(date) ? undefined : date
}
