import { createClientIdentity, createCodexProvider, createSession } from '../core/index.js'
import type { Session, SessionOptions } from '../core/index.js'
import { createLazyTransport } from './lazy-transport.js'
import { openProfile, type ProfileOptions } from './open-profile.js'
import { createProfileProvider } from './profile-provider.js'
import { variablesOf } from './process-environment.js'

/** What a session over a profile takes; everything has a default. */
export interface OpenSessionOptions extends Partial<Omit<SessionOptions, 'store' | 'verdicts'>> {
  readonly profile?: ProfileOptions['profile']
  readonly environment?: ProfileOptions['environment']
}

/**
 * The session of whoever signed in with `planpass login`, through the proxies and certificate authorities of the environment. Opening it asks,
 * opens, connects and writes nothing: without a sign-in, `accessToken()` fails at once with `ERR_SIGN_IN_REQUIRED`.
 *
 * ```ts
 * const session = openSession()
 * const token = await session.accessToken()
 * ```
 *
 * @throws AuthError `ERR_CONFIG_USAGE`, `ERR_CONFIG_URL`, `ERR_STORE_READ`
 */
export function openSession(options: OpenSessionOptions = {}): Session {
  const { profile, environment, ...sessionOptions } = options
  const variables = variablesOf(environment)
  const { folder, store, verdicts } = openProfile({ profile, environment })
  return createSession({
    store,
    verdicts,
    provider: createProfileProvider(folder, { environment }),
    identity: createClientIdentity(),
    fetch: createLazyTransport(variables),
    ...sessionOptions,
  })
}

/** The provider that the variables ask for: OpenAI's own, or an emulator. @throws AuthError `ERR_CONFIG_URL` */
export function providerOf(variables: Readonly<Record<string, string | undefined>>) {
  return createCodexProvider({
    issuer: variables['PLANPASS_ISSUER'] || undefined,
    backendUrl: variables['PLANPASS_BACKEND_URL'] || undefined,
  })
}
