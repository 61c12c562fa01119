/** The emulator's endpoints by name: what faults aim at and counters count. */
export const endpointNames = [
  'discovery',
  'jwks',
  'authorize',
  'token',
  'revoke',
  'device-user-code',
  'device-token',
  'device-page',
  'whoami',
  'accounts-check',
  'config-bundle',
  'models',
  'usage',
  'responses',
  'other',
] as const

/** An endpoint's name; `other` is whatever has none. */
export type EndpointName = (typeof endpointNames)[number]

/** Method and path to name. The backend has two path styles (protocol 9): `/backend-api/wham/…` and `/api/codex/…`. */
const endpointTable: Readonly<Record<string, EndpointName>> = {
  'GET /.well-known/openid-configuration': 'discovery',
  'GET /.well-known/oauth-authorization-server': 'discovery',
  'GET /.well-known/jwks.json': 'jwks',
  'GET /oauth/authorize': 'authorize',
  'POST /oauth/authorize': 'authorize',
  'POST /oauth/token': 'token',
  'POST /oauth/revoke': 'revoke',
  'POST /api/accounts/deviceauth/usercode': 'device-user-code',
  'POST /api/accounts/deviceauth/token': 'device-token',
  'GET /codex/device': 'device-page',
  'POST /codex/device': 'device-page',
  'GET /api/accounts/v1/user-auth-credential/whoami': 'whoami',
  'GET /backend-api/wham/accounts/check': 'accounts-check',
  'GET /api/codex/accounts/check': 'accounts-check',
  'GET /backend-api/wham/config/bundle': 'config-bundle',
  'GET /api/codex/config/bundle': 'config-bundle',
  'GET /backend-api/codex/models': 'models',
  'GET /api/codex/models': 'models',
  'GET /backend-api/wham/usage': 'usage',
  'GET /api/codex/usage': 'usage',
  'GET /backend-api/codex/responses': 'responses',
  'GET /api/codex/responses': 'responses',
  'POST /backend-api/codex/responses': 'responses',
  'POST /api/codex/responses': 'responses',
  'GET /api/accounts/authorize': 'authorize',
  'POST /api/accounts/authorize': 'authorize',
  'POST /api/accounts/oauth/token': 'token',
  'POST /api/accounts/oauth/revoke': 'revoke',
  'GET /v1/models': 'models',
  'POST /v1/responses': 'responses',
}

export function endpointOf(method: string, path: string): EndpointName {
  return endpointTable[`${method} ${path}`] ?? 'other'
}
