import { parseServiceUrl, trimTrailingSlashes } from '../url.js'
import type { Provider } from './provider.js'

/** What may differ from OpenAI's own. */
export interface ProviderOverrides {
  readonly issuer?: string | undefined
  readonly backendUrl?: string | undefined
  readonly clientId?: string | undefined
}

/** The Codex client's route to a ChatGPT plan (protocol 1). */
export const codexProvider: Provider = {
  name: 'codex',
  mode: 'chatgpt',
  issuer: 'https://auth.openai.com',
  clientId: 'app_EMoamEEZ73f0CkXaXp7hrann',
  scope: 'openid profile email offline_access api.connectors.read api.connectors.invoke',
  backendUrl: 'https://chatgpt.com/backend-api',
}

/**
 * The Codex provider at another issuer or backend: a test's, or a company gateway.
 *
 * @throws AuthError `ERR_CONFIG_URL` for a URL that is neither https nor loopback
 */
export function createCodexProvider(overrides: ProviderOverrides = {}): Provider {
  const { issuer, backendUrl, clientId } = overrides
  if (issuer !== undefined) parseServiceUrl(issuer, 'The issuer')
  if (backendUrl !== undefined) parseServiceUrl(backendUrl, 'The backend URL')
  return {
    ...codexProvider,
    ...(issuer !== undefined && { issuer }),
    ...(backendUrl !== undefined && { backendUrl: trimTrailingSlashes(backendUrl) }),
    ...(clientId !== undefined && { clientId }),
  }
}

/** The issuer's endpoints, from its base with trailing slashes trimmed (protocol 1). */
export function endpointsOf(issuer: string) {
  const base = trimTrailingSlashes(issuer)
  return {
    authorize: `${base}/oauth/authorize`,
    token: `${base}/oauth/token`,
    revoke: `${base}/oauth/revoke`,
    deviceUserCode: `${base}/api/accounts/deviceauth/usercode`,
    deviceToken: `${base}/api/accounts/deviceauth/token`,
    devicePage: `${base}/codex/device`,
    deviceRedirect: `${base}/deviceauth/callback`,
  } as const
}
