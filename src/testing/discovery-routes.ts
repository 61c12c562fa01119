import { type Context, Hono } from 'hono'
import type { EmulatorBindings } from './context.js'
import type { EmulatorApp, IssuerParts } from './issuer.js'
import { codexScope } from './codex-client.js'
import { fullScope } from './siwc/plan-client.js'

/** What a client may learn before it has anybody's consent: metadata and keys; and whose a personal access token is. */
export function createDiscoveryRoutes({ signingKey, context, options }: IssuerParts): EmulatorApp {
  const metadata = ({ req }: Context) => {
    const issuer = new URL(req.url).origin
    return Response.json(options.advertises === 'siwc' ? siwcMetadata(issuer) : serverMetadata(issuer))
  }
  return new Hono<{ Bindings: EmulatorBindings }>()
    .get('/.well-known/openid-configuration', metadata)
    .get('/.well-known/oauth-authorization-server', metadata)
    .get('/.well-known/jwks.json', async () => Response.json(await signingKey.publicKeys()))
    .get('/api/accounts/v1/user-auth-credential/whoami', ({ req }) => {
      const authenticated = context.authenticate(req.raw)
      if (authenticated instanceof Response) return authenticated
      const { account } = authenticated
      // Protocol 7.4: all but the email are required.
      return Response.json({
        email: account.email,
        chatgpt_user_id: account.userId,
        chatgpt_account_id: account.accountId,
        chatgpt_plan_type: account.planType,
        chatgpt_account_is_fedramp: account.isFedramp,
      })
    })
}

/** RFC 8414 and OpenID Connect Discovery 1.0, in one document. */
function serverMetadata(issuer: string) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    scopes_supported: codexScope.split(' '),
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint_auth_methods_supported: ['none'],
    code_challenge_methods_supported: ['S256'],
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'email', 'email_verified', 'name'],
  }
}

/** What the real issuer's document was seen to say of "Sign in with ChatGPT" (siwc 2.1): other endpoints, no device codes. */
function siwcMetadata(issuer: string) {
  return {
    ...serverMetadata(issuer),
    authorization_endpoint: `${issuer}/api/accounts/authorize`,
    token_endpoint: `${issuer}/api/accounts/oauth/token`,
    revocation_endpoint: `${issuer}/api/accounts/oauth/revoke`,
    scopes_supported: fullScope.split(' '),
    grant_types_supported: ['authorization_code', 'refresh_token'],
  }
}
