import { parseCodexBaseUrl, type BackendSession } from '../backend/index.js'
import {
  AuthError,
  createClientIdentity,
  createCodexProvider,
  createSession,
  endpointsOf,
  parseServiceUrl,
  platformFetch,
  type CredentialStore,
  type Fetch,
  type Provider,
} from '../core/index.js'
import { findBrowserProxy } from './browser-proxy.js'
import { isBelow, withDetours, type Detour } from './detour.js'
import type { OpenAIOAuthSettings } from './settings.js'
import { createMemoryTokenStore, createTokenCredentialStore, withTokenListener } from './token-store.js'

/**
 * The session that the settings describe: the one they bring, or one over their tokens.
 *
 * @throws AuthError `ERR_CONFIG_TOKEN_SOURCE`, `ERR_CONFIG_URL`, `ERR_CONFIG_CLIENT_NAME`
 */
export function openSession(settings: OpenAIOAuthSettings): BackendSession {
  if (settings.session) return settings.session
  const { originator, clock } = settings
  const provider = toProvider(settings)
  return createSession({
    store: openStore(settings, provider),
    provider,
    identity: createClientIdentity(originator === false ? undefined : originator),
    fetch: createTransport(settings, provider),
    ...(clock && { clock }),
  })
}

function toProvider({ issuer, clientId, baseURL }: OpenAIOAuthSettings): Provider {
  const backendUrl = baseURL === undefined ? undefined : parseCodexBaseUrl(baseURL)
  return createCodexProvider({ issuer, clientId, backendUrl })
}

function openStore(settings: OpenAIOAuthSettings, provider: Provider): CredentialStore {
  const { tokenStore, tokens, onTokens } = settings
  const { issuer, clientId } = provider
  const provenance = { issuer, clientId }
  if (tokenStore) {
    const store = tokenStore.credentials ?? createTokenCredentialStore(tokenStore, provenance)
    return onTokens ? withTokenListener(store, onTokens) : store
  }
  if (tokens) return createTokenCredentialStore(createMemoryTokenStore(tokens, onTokens), provenance)
  throw new AuthError('ERR_CONFIG_TOKEN_SOURCE', 'It is not said whose plan is to be used.', {
    advice: 'Pass `session`, `tokenStore` or `tokens`.',
  })
}

/** What lies between a session and the network: the session signs for the backend, whatever road its requests take. */
function createTransport(settings: OpenAIOAuthSettings, provider: Provider): Fetch {
  const { fetch = platformFetch } = settings
  return withHeaders(withDetours(fetch, findDetours(settings, provider)), settings, provider)
}

function findDetours({ tokenUrl, browserProxyBaseUrl }: OpenAIOAuthSettings, provider: Provider): Detour[] {
  const { backendUrl, issuer } = provider
  if (tokenUrl !== undefined) parseServiceUrl(tokenUrl, '`tokenUrl`')
  const proxy = findBrowserProxy(browserProxyBaseUrl)
  return [
    ...(tokenUrl === undefined ? [] : [{ from: endpointsOf(issuer).token, to: tokenUrl }]),
    ...(proxy === undefined ? [] : [{ from: `${backendUrl}/codex`, to: proxy }]),
    ...(proxy === undefined ? [] : [{ from: `${backendUrl}/wham/usage`, to: `${proxy}/usage` }]),
  ]
}

function withHeaders(fetch: Fetch, { headers: given, originator }: OpenAIOAuthSettings, provider: Provider): Fetch {
  if (!given && originator !== false) return fetch
  return (input, init) => {
    const { href } = new URL(input instanceof Request ? input.url : input)
    const headers = new Headers(isBelow(href, provider.backendUrl) ? given : undefined)
    const ours = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined))
    ours.forEach((value, name) => headers.set(name, value))
    if (originator === false) headers.delete('originator')
    return fetch(input, { ...init, headers })
  }
}
