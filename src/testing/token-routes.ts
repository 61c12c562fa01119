import { Hono } from 'hono'
import type { EmulatorBindings } from './context.js'
import { oauthError, openAiError } from './error-response.js'
import { toCodeChallenge } from './authorization-codes.js'
import type { EmulatorApp, IssuerParts } from './issuer.js'
import { type Parameters, readParameters } from './parameters.js'
import { type EmulatedSession, randomToken } from './sessions.js'

/** A token request on its way to its grant. */
interface TokenRequest {
  readonly parameters: Parameters
  readonly issuer: string
  readonly env: EmulatorBindings
}

type Grant = (parts: IssuerParts, request: TokenRequest) => Promise<Response>

/** `/oauth/token` and `/oauth/revoke`. */
export function createTokenRoutes(parts: IssuerParts): EmulatorApp {
  return new Hono<{ Bindings: EmulatorBindings }>()
    .post('/oauth/token', async ({ req, env }) => {
      const parameters = await readParameters(req.raw)
      if (parameters === undefined)
        return oauthError('invalid_request', 'The body is not a form or JSON with each parameter once.')
      const { grant_type: grantType } = parameters
      if (grantType === undefined) return oauthError('invalid_request', 'The grant_type is missing.')
      const grant = grants.get(grantType)
      if (grant === undefined) return oauthError('unsupported_grant_type', 'There is no such grant type.')
      env.note.grantType = grantType
      return grant(parts, { parameters, issuer: new URL(req.url).origin, env })
    })
    .post('/oauth/revoke', async ({ req, env }) => {
      const token = (await readParameters(req.raw))?.['token']
      if (token === undefined || token === '') return oauthError('invalid_request', 'There is no token to revoke.')
      env.note.outcome = parts.sessions.revokeToken(token) ? 'revoke:ok' : 'revoke:unknown'
      return new Response(null, { status: 200 })
    })
}

const grants: ReadonlyMap<string, Grant> = new Map([
  ['authorization_code', redeemCode],
  ['refresh_token', refresh],
  ['urn:ietf:params:oauth:grant-type:token-exchange', exchangeForApiKey],
])

/** Protocol 2.5 and 3.3; RFC 6749 4.1.3, RFC 7636 4.6. */
async function redeemCode(parts: IssuerParts, request: TokenRequest): Promise<Response> {
  const { code = '', client_id: clientId, redirect_uri: redirectUri, code_verifier: verifier } = request.parameters
  const grant = parts.codes.take(code)
  request.env.note.outcome = 'code:refused'
  if (grant === undefined) return refuseCode(parts, code)
  if (grant.clientId !== clientId) return oauthError('invalid_grant', 'The code was issued to another client.')
  const expectedUri = grant.redirectUri ?? `${request.issuer}/deviceauth/callback`
  if (expectedUri !== redirectUri)
    return oauthError('invalid_grant', 'The redirect_uri is not the one of the authorization.')
  if (grant.codeChallenge !== undefined && toCodeChallenge(verifier ?? '') !== grant.codeChallenge)
    return oauthError('invalid_grant', 'The code_verifier does not match the code_challenge.')
  request.env.note.outcome = 'code:ok'
  const session = parts.sessions.start(grant)
  parts.codes.bind(code, session.id)
  return tokenResponse(parts, request, session, grant.nonce)
}

/** A code that was used before has leaked: the session it made ends, too (RFC 6749 4.1.2). */
function refuseCode({ codes, sessions }: IssuerParts, code: string): Response {
  const sessionId = codes.sessionOf(code)
  if (sessionId !== undefined) sessions.endAfterReuse(sessionId)
  return oauthError('invalid_grant', 'The code is unknown, expired or already used.')
}

/** Protocol 5.4: a refresh token that is no good is told so with OpenAI's own codes and a 401. */
const refusals = {
  reused: ['refresh_token_reused', 'Your refresh token has already been used to generate a new access token.'],
  expired: ['refresh_token_expired', 'Your refresh token has expired.'],
  revoked: ['refresh_token_invalidated', 'Your refresh token has been revoked.'],
} as const

async function refresh(parts: IssuerParts, request: TokenRequest): Promise<Response> {
  const { refresh_token: token = '', client_id: clientId = '', refresh_reason: reason } = request.parameters
  if (reason !== undefined) request.env.note.refreshReason = knownReasons.has(reason) ? reason : 'other'
  const spent = parts.sessions.spend(token, clientId)
  request.env.note.outcome = `refresh:${spent.outcome}`
  if (spent.outcome === 'ok') return tokenResponse(parts, request, spent.session)
  if (spent.outcome === 'unknown') return oauthError('invalid_grant', 'The refresh token is unknown to this client.')
  const [code, message] = refusals[spent.outcome]
  return openAiError(401, code, `${message} Please try signing in again.`)
}

/** Protocol 5.2; anything else a client makes up stays out of the log. */
const knownReasons = new Set(['proactive_expiry', 'scheduled', 'forced', 'unauthorized_recovery'])

/** Protocol 2.8: the browser sign-in's own API key, for an ID token of a session that is alive. */
async function exchangeForApiKey(parts: IssuerParts, request: TokenRequest): Promise<Response> {
  const { requested_token: requested, subject_token: idToken = '' } = request.parameters
  request.env.note.outcome = 'exchange:refused'
  if (requested !== 'openai-api-key') return oauthError('invalid_request', 'Only an openai-api-key can be had.')
  const claims = await parts.signingKey.verify(idToken, parts.context.clock.now())
  if (typeof claims?.['sid'] !== 'string' || !parts.sessions.isLive(claims['sid']))
    return oauthError('invalid_grant', 'The subject_token is no ID token of a live session.')
  request.env.note.outcome = 'exchange:ok'
  return noStore({
    access_token: `sk-proj-${randomToken()}`,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 3600,
  })
}

async function tokenResponse(
  { mint }: IssuerParts,
  { issuer, env }: TokenRequest,
  session: EmulatedSession,
  nonce?: string,
): Promise<Response> {
  const tokens = await mint(session, { issuer, nonce, clockOffsetMs: env.clockOffsetMs })
  return noStore({
    id_token: tokens.idToken,
    access_token: tokens.accessToken,
    refresh_token: tokens.refreshToken,
    token_type: 'Bearer',
    expires_in: tokens.expiresInSeconds,
    scope: session.scope,
  })
}

/** RFC 6749 5.1: tokens are not cached. */
function noStore(body: unknown): Response {
  return Response.json(body, { headers: { 'cache-control': 'no-store', pragma: 'no-cache' } })
}
