import {
  AuthError,
  codexProvider,
  createClientIdentity,
  platformFetch,
  type ClientIdentity,
  type Fetch,
  type Provider,
  type Secret,
} from '../core/index.js'
import { chatgptTokens, createExternalSession, type ExternalSession, type ExternalStatus } from '../core/external.js'
import { processWhoamiResponse, whoamiRequest, type PersonalAccessTokenOwner } from './whoami.js'

/** What a session over a personal access token is made of. */
export interface PersonalAccessTokenOptions {
  /** Starts with `at-`. */
  readonly token: Secret
  readonly provider?: Provider
  readonly identity?: ClientIdentity
  readonly fetch?: Fetch
}

/** What the issuer said of the token. */
export interface PersonalAccessTokenStatus extends Omit<ExternalStatus, 'mode'> {
  readonly mode: 'personalAccessToken'
}

/** A session over a personal access token: nothing is refreshed, nothing is stored, and a 401 is final. */
export interface PersonalAccessTokenSession extends Omit<ExternalSession, 'status'> {
  /** Asks the issuer whose the token is, once. */
  status(): Promise<PersonalAccessTokenStatus>
  /** Whose the token is; the issuer is asked once, before the first request. */
  owner(): Promise<PersonalAccessTokenOwner>
}

/** True for what is a personal access token by its prefix (protocol 7.4). */
export function isPersonalAccessToken(text: string): boolean {
  return text.startsWith('at-')
}

/**
 * @throws AuthError `ERR_TOKEN_UNSUPPORTED_MODE` at once for any other token; `ERR_UPSTREAM_UNAUTHORIZED` when the issuer refuses it
 */
export function createPersonalAccessTokenSession(options: PersonalAccessTokenOptions): PersonalAccessTokenSession {
  const { token, provider = codexProvider, identity = createClientIdentity() } = options
  const { fetch = platformFetch } = options
  if (!isPersonalAccessToken(token.reveal())) {
    throw new AuthError('ERR_TOKEN_UNSUPPORTED_MODE', 'This is not a personal access token.')
  }
  let asked: Promise<PersonalAccessTokenOwner> | undefined

  /** One question for all, asked again only when it failed. */
  function owner(): Promise<PersonalAccessTokenOwner> {
    asked ??= whoamiRequest(token, provider.issuer, { fetch, identity })
      .then(processWhoamiResponse)
      .catch((error: unknown) => {
        asked = undefined
        throw error
      })
    return asked
  }

  async function tokens() {
    const { accountId, planType, isFedramp } = await owner()
    return chatgptTokens(token, { accountId, planType, isFedramp })
  }

  const session = createExternalSession({ auth: { resolve: tokens, refresh: tokens }, provider, identity, fetch })
  return {
    ...session,
    // The one that recovers from nothing.
    fetch: session.readOnlyFetch,
    owner,
    status: async () => {
      const [{ email, userId }, status] = [await owner(), await session.status()]
      return { ...status, ...(email !== undefined && { email }), userId, mode: 'personalAccessToken' }
    },
  }
}
