import { AuthError, type AuthorizationAttempt } from '../core/index.js'
import { createPkce, createState, type AuthorizationGrant } from '../core/oauth.js'
import { documented } from './documented.js'
import type { Registration } from './registration.js'

/** What a sign-in is asked with. */
export interface AuthorizationRequest {
  readonly issuer: string
  /** The name of the host program, which a new registration proposes to the person. */
  readonly appName: string
  readonly hostId: string
  readonly redirectUri: string
  /** The registration to use again; without one the person is asked to approve a new one. */
  readonly registration?: Registration | undefined
  /** Asks the person for plan use again; only when they want to allow it (siwc 2.2). */
  readonly asksForConsent?: boolean | undefined
}

/** An attempt, and what its exchange must go by. */
export interface StartedAuthorization {
  readonly attempt: AuthorizationAttempt
  readonly nonce: string
  /** The issued client id, once the callback has told it. */
  readonly clientId: () => string
}

/** Starts an attempt: a new state, nonce and verifier (siwc 2.2). @throws AuthError `ERR_SIGN_IN_PORT` for a redirect that is not to 127.0.0.1 */
export async function startAuthorization(request: AuthorizationRequest): Promise<StartedAuthorization> {
  const { redirectUri, registration, issuer } = request
  if (new URL(redirectUri).hostname !== '127.0.0.1') {
    throw new AuthError(
      'ERR_SIGN_IN_PORT',
      'This sign-in comes back to 127.0.0.1 alone, which this machine does not have.',
      {
        advice: 'Sign in on another machine, and transfer the sign-in.',
      },
    )
  }
  const { verifier, challenge } = await createPkce()
  const [state, nonce] = [createState(), createState()]
  const authorizeUrl = toAuthorizeUrl(request, { state, nonce, challenge })
  let issued = registration?.clientId
  let isReceived = false
  return {
    nonce,
    clientId: () => issued ?? documented.bootstrapClientId,
    attempt: {
      authorizeUrl,
      redirectUri,
      state,
      toGrant: (code): AuthorizationGrant => ({ code, verifier, redirectUri }),
      receive: (query) => {
        const told = readIssuedClientId(query, registration, issuer)
        if (!isReceived) issued = told
        isReceived = true
      },
    },
  }
}

interface AttemptSecrets {
  readonly state: string
  readonly nonce: string
  readonly challenge: string
}

function toAuthorizeUrl(request: AuthorizationRequest, { state, nonce, challenge }: AttemptSecrets): URL {
  const { issuer, appName, hostId, redirectUri, registration, asksForConsent } = request
  const url = new URL(`${issuer}${documented.authorizePath}`)
  const query: Record<string, string | undefined> = {
    client_id: registration?.clientId ?? documented.bootstrapClientId,
    // Display metadata of a new registration, to be left out afterwards.
    agent_name_hint: registration ? undefined : appName,
    ext_agent_host_id: hostId,
    login_hint: registration?.email,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: documented.scope,
    resource: documented.resource,
    state,
    nonce,
    code_challenge_method: 'S256',
    code_challenge: challenge,
    prompt: asksForConsent ? 'consent' : undefined,
  }
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value)
  return url
}

const clientIdShape = /^[\w-]{1,200}$/

/** What the callback says of the client (siwc 2.3): a new registration needs an id of its own, an old one must stay what it is. */
function readIssuedClientId(query: URLSearchParams, registration: Registration | undefined, issuer: string): string {
  const told = query.getAll('client_id')
  const issuers = query.getAll('iss')
  // RFC 9207 2.4: undocumented here, but whoever says it must say the right one.
  if (issuers.some((iss) => iss !== issuer)) throw incomplete('names another issuer')
  if (told.length > 1) throw incomplete('names two clients')
  const [clientId = registration?.clientId] = told
  if (clientId === undefined || !clientIdShape.test(clientId) || clientId === documented.bootstrapClientId) {
    throw incomplete('names no registered client')
  }
  if (registration && clientId !== registration.clientId)
    throw incomplete('names another client than the one that asked')
  return clientId
}

function incomplete(why: string): AuthError {
  return new AuthError(
    'ERR_SIGN_IN_FAILED',
    `The registration is incomplete: the callback ${why}. Nothing was exchanged.`,
  )
}
