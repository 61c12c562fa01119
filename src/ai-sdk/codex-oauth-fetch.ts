import { createOpenAIFetch, type BackendSession } from '../backend/index.js'
import { AuthError, type Fetch } from '../core/index.js'
import { openSession } from './open-session.js'
import type { OpenAIOAuthSettings } from './settings.js'

/**
 * A `fetch` for clients of OpenAI's public API, whatever their base URL: it signs their requests for the Codex backend, refreshes the token when
 * it is due, and in a browser takes the way over the proxy. Failures are answered as the public API does, see `createOpenAIFetch`.
 *
 * ```ts
 * const fetch = createCodexOAuthFetch({ tokenStore })
 * await fetch('https://api.openai.com/v1/responses', { method: 'POST', body: JSON.stringify({ model, input }) })
 * ```
 *
 * @throws AuthError `ERR_CONFIG_TOKEN_SOURCE`, `ERR_CONFIG_URL`, `ERR_CONFIG_CLIENT_NAME`, `ERR_UPSTREAM_UNSUPPORTED_FIELD`, all at once
 */
export function createCodexOAuthFetch(settings: OpenAIOAuthSettings = {}): Fetch {
  return createPlanFetch(openSession(settings), settings)
}

/** The same over a session that is open. */
export function createPlanFetch(session: BackendSession, settings: OpenAIOAuthSettings): Fetch {
  if (settings.store) throw new AuthError('ERR_UPSTREAM_UNSUPPORTED_FIELD', '`store`: the backend keeps no responses.')
  const { instructions, clock } = settings
  return createOpenAIFetch(session, { instructions, ...(clock && { clock }) })
}
