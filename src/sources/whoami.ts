import {
  AuthError,
  classifyFailure,
  parseJsonObject,
  readFailedResponse,
  readString,
  readText,
  toNetworkError,
  trimTrailingSlashes,
  type FailureRow,
  type Secret,
} from '../core/index.js'
import { type Transport } from '../core/oauth.js'

/** Whose a personal access token is. */
export interface PersonalAccessTokenOwner {
  readonly email?: string
  readonly userId: string
  readonly accountId: string
  readonly planType: string
  readonly isFedramp: boolean
}

/** Asks the issuer whose a personal access token is, and so whether it is good (protocol 7.4). @throws AuthError `ERR_NETWORK_*` */
export async function whoamiRequest(token: Secret, issuer: string, transport: Transport): Promise<Response> {
  const url = `${trimTrailingSlashes(issuer)}/api/accounts/v1/user-auth-credential/whoami`
  const { originator, userAgent } = transport.identity
  const headers = { authorization: `Bearer ${token.reveal()}`, originator, 'user-agent': userAgent }
  try {
    return await transport.fetch(url, {
      headers,
      redirect: 'manual',
      ...(transport.signal && { signal: transport.signal }),
    })
  } catch (error) {
    throw toNetworkError(error, url, transport.signal)
  }
}

const refused: Omit<FailureRow, 'status'> = {
  code: 'ERR_UPSTREAM_UNAUTHORIZED',
  summary: 'The personal access token was refused',
  quotes: true,
  advice: 'Create another one; a personal access token cannot be refreshed.',
}

const whoamiFailures: readonly FailureRow[] = [
  { status: 401, ...refused },
  { status: 403, ...refused },
  {
    code: 'ERR_UPSTREAM_UNAVAILABLE',
    summary: 'The personal access token could not be checked',
    quotes: true,
  },
]

/**
 * Whose the token is.
 *
 * @throws AuthError `ERR_UPSTREAM_UNAUTHORIZED`, `ERR_UPSTREAM_UNAVAILABLE`, `ERR_UPSTREAM_BAD_RESPONSE`, `ERR_UPSTREAM_EDGE_BLOCKED`,
 *   `ERR_UPSTREAM_REGION`, `ERR_NETWORK_*`
 */
export async function processWhoamiResponse(response: Response): Promise<PersonalAccessTokenOwner> {
  if (!response.ok) throw classifyFailure(whoamiFailures, await readFailedResponse(response))
  const json = parseJsonObject(await readText(response))
  const email = readString(json, 'email')
  const userId = readString(json, 'chatgpt_user_id')
  const accountId = readString(json, 'chatgpt_account_id')
  const planType = readString(json, 'chatgpt_plan_type')
  const isFedramp = json?.['chatgpt_account_is_fedramp']
  if (userId === undefined || accountId === undefined || planType === undefined || typeof isFedramp !== 'boolean') {
    throw new AuthError('ERR_UPSTREAM_BAD_RESPONSE', 'The answer about the personal access token has the wrong shape.')
  }
  return { ...(email !== undefined && { email }), userId, accountId, planType, isFedramp }
}
