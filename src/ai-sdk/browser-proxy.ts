import { parseServiceUrl, trimTrailingSlashes } from '../core/index.js'

/** Where `createOpenAIOAuthProxy` is expected when nothing else is said. */
const defaultProxyPath = '/api/proxy/openai/codex'

/**
 * The proxy that requests of a browser take, since the backend answers no page of another origin. A page and a worker of a browser have an
 * address, which no server runtime has: that is how a browser is known.
 *
 * @param setting As in `OpenAIOAuthSettings.browserProxyBaseUrl`.
 * @param location Default: the address of the page.
 * @returns `undefined` outside of browsers, and with `false`
 * @throws AuthError `ERR_CONFIG_URL`
 */
export function findBrowserProxy(
  setting: string | false | undefined,
  location: { readonly href: string } | undefined = globalThis.location,
): string | undefined {
  const isPage = location !== undefined && /^https?:/.test(location.href)
  if (setting === false || !isPage) return undefined
  const url = new URL(setting ?? defaultProxyPath, location.href)
  return trimTrailingSlashes(parseServiceUrl(url.href, '`browserProxyBaseUrl`').href)
}
