import { createCodexProvider, type Fetch, type Provider } from '../core/index.js'
import { createTransport } from '../network/index.js'
import { findCodexHome, type ChildEnvironment } from './child-environment.js'
import { readCodexConfig, type CodexConfig } from './codex-config.js'

/** Everything about a sign-in as the child sees it. */
export interface OAuthContext extends CodexConfig {
  /** `undefined` when its variables name none. */
  readonly codexHome: string | undefined
  readonly provider: Provider
  /** Through the certificate authorities the child trusts. */
  readonly fetch: Fetch
}

/**
 * Resolved from the child's folder and variables; what the calling process has in its own environment does not count.
 *
 * @throws AuthError `ERR_CONFIG_*`
 */
export async function resolveOAuthContext(environment: ChildEnvironment, cwd: string): Promise<OAuthContext> {
  const codexHome = findCodexHome(environment, cwd)
  const config = await readCodexConfig(codexHome)
  return { ...config, codexHome, provider: readProvider(environment), fetch: await createTransport(environment) }
}

/** Whom the app server signs in with, by the variables it knows (real-codex 2). */
function readProvider(environment: ChildEnvironment): Provider {
  return createCodexProvider({
    issuer: environment['CODEX_APP_SERVER_LOGIN_ISSUER'] || undefined,
    clientId: environment['CODEX_APP_SERVER_LOGIN_CLIENT_ID'] || undefined,
  })
}
