import { Hono } from 'hono'
import { toCodeChallenge } from '../authorization-codes.js'
import type { EmulatorBindings } from '../context.js'
import { oauthError } from '../error-response.js'
import type { EmulatorApp } from '../issuer.js'
import { type Parameters, readParameters } from '../parameters.js'
import type { EmulatedSession } from '../sessions.js'
import { planResource, planScope } from './plan-client.js'
import type { SiwcParts } from './routes.js'

/** A token request on its way to its grant. */
interface TokenRequest {
  readonly parameters: Parameters
  readonly issuer: string
  readonly env: EmulatorBindings
}

/** `/api/accounts/oauth/token` and `/api/accounts/oauth/revoke`: forms, public clients, and `resource` with every grant (siwc 2.4, 4, 5). */
export function createTokenRoutes(parts: SiwcParts): EmulatorApp {
  return new Hono<{ Bindings: EmulatorBindings }>()
    .post('/api/accounts/oauth/token', async ({ req, env }) => {
      const parameters = await readForm(req.raw)
      if (!parameters) return oauthError('invalid_request', 'The body is not a form with each parameter once.')
      if (!parts.clients.find(parameters['client_id'] ?? '')) {
        return oauthError('invalid_client', 'There is no such registered client.', 401)
      }
      if (parameters['resource'] !== planResource)
        return oauthError('invalid_target', 'The resource is not the one of plans.')
      const request = { parameters, issuer: new URL(req.url).origin, env }
      env.note.grantType = parameters['grant_type'] ?? ''
      if (parameters['grant_type'] === 'authorization_code') return redeemCode(parts, request)
      if (parameters['grant_type'] === 'refresh_token') return refresh(parts, request)
      return oauthError('unsupported_grant_type', 'There is no such grant type.')
    })
    .post('/api/accounts/oauth/revoke', async ({ req, env }) => {
      const token = (await readForm(req.raw))?.['token']
      if (token === undefined) return oauthError('invalid_request', 'There is no token to revoke.')
      env.note.outcome = parts.sessions.revokeToken(token) ? 'revoke:ok' : 'revoke:unknown'
      return new Response(null, { status: 200 })
    })
}

async function readForm(request: Request): Promise<Parameters | undefined> {
  const isForm = request.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded')
  return isForm ? readParameters(request) : undefined
}

async function redeemCode(parts: SiwcParts, request: TokenRequest): Promise<Response> {
  const { code = '', client_id: clientId, redirect_uri: redirectUri, code_verifier: verifier = '' } = request.parameters
  const grant = parts.codes.take(code)
  request.env.note.outcome = 'code:refused'
  if (!grant || grant.clientId !== clientId)
    return oauthError('invalid_grant', 'The code is unknown, spent or of another client.')
  if (grant.redirectUri !== redirectUri)
    return oauthError('invalid_grant', 'The redirect_uri is not the one of the authorization.')
  if (toCodeChallenge(verifier) !== grant.codeChallenge)
    return oauthError('invalid_grant', 'The code_verifier does not match.')
  request.env.note.outcome = 'code:ok'
  const session = parts.sessions.start(grant)
  parts.codes.bind(code, session.id)
  return tokenResponse(parts, request, session, grant.nonce)
}

/** Three of the six codes that end a session (siwc 4); a fault brings the others. */
const refusals = {
  reused: 'refresh_token_reused',
  expired: 'refresh_token_expired',
  revoked: 'refresh_token_invalidated',
  unknown: 'invalid_grant',
} as const

async function refresh(parts: SiwcParts, request: TokenRequest): Promise<Response> {
  const { refresh_token: token = '', client_id: clientId = '' } = request.parameters
  const spent = parts.sessions.spend(token, clientId)
  request.env.note.outcome = `refresh:${spent.outcome}`
  if (spent.outcome === 'ok') return tokenResponse(parts, request, spent.session)
  return oauthError(refusals[spent.outcome], 'The refresh token is not good any more.')
}

async function tokenResponse(
  { mint, scenario }: SiwcParts,
  { issuer, env }: TokenRequest,
  session: EmulatedSession,
  nonce?: string,
): Promise<Response> {
  const tokens = await mint(session, { issuer, nonce, clockOffsetMs: env.clockOffsetMs })
  const granted = session.scope.split(' ').filter((scope) => scope !== planScope || scenario.planUsage)
  const body = {
    access_token: tokens.accessToken,
    refresh_token: tokens.refreshToken,
    id_token: tokens.idToken,
    token_type: 'Bearer',
    expires_in: tokens.expiresInSeconds,
    scope: granted.join(' '),
    earliest_refresh_at: null,
  }
  return Response.json(body, { headers: { 'cache-control': 'no-store', pragma: 'no-cache' } })
}
