import type { BackendSession } from '../backend/index.js'
import { parseJsonObject, readString, Secret } from '../core/index.js'
import type { Invocation } from './command.js'
import type { Profile } from './open-profile.js'

/** Whom the backend is asked as. The mode stands on every result, so that nobody has to guess whose plan answers. */
export interface BackendAccess {
  readonly session: BackendSession
  readonly mode: 'chatgpt' | 'siwc' | 'personalAccessToken'
}

/**
 * A personal access token in `CODEX_ACCESS_TOKEN` before what the profile holds (protocol 10.1). The choice is made here, once: when it fails,
 * nothing falls back to another.
 */
export async function openBackend({ host }: Invocation, profile: Profile): Promise<BackendAccess> {
  // Another provider's token is not for this one's service, whatever the environment holds.
  if (profile.provider.mode === 'siwc') return { session: profile.session, mode: 'siwc' }
  const token = host.environment.CODEX_ACCESS_TOKEN?.trim() || (await readStoredToken(profile))
  if (!token) return { session: profile.session, mode: 'chatgpt' }
  const { createPersonalAccessTokenSession } = await import('../sources/index.js')
  const { provider, identity, fetch } = profile
  const options = { token: new Secret(token), provider, identity, fetch }
  return { session: createPersonalAccessTokenSession(options), mode: 'personalAccessToken' }
}

async function readStoredToken({ store }: Profile): Promise<string | undefined> {
  const stored = await store.read()
  if (stored?.mode !== 'personalAccessToken') return undefined
  return readString(parseJsonObject(stored.document?.reveal() ?? ''), 'personal_access_token')
}
