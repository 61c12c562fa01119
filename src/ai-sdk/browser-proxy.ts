import { parseServiceUrl, trimTrailingSlashes } from '../core/index.js'

/** Where `createOpenAIOAuthProxy` is expected when nothing else is said. */
const defaultProxyPath = '/api/proxy/openai/codex'

/** What a runtime says of itself. */
export interface Runtime {
  readonly navigator?: { readonly userAgent?: string } | undefined
  readonly location?: { readonly href: string } | undefined
}

/**
 * The proxy that requests of a browser take, since the backend answers no page of another origin.
 *
 * @param setting As in `OpenAIOAuthSettings.browserProxyBaseUrl`.
 * @returns `undefined` outside of browsers, and with `false`
 * @throws AuthError `ERR_CONFIG_URL`
 */
export function findBrowserProxy(
  setting: string | false | undefined,
  runtime: Runtime = globalThis,
): string | undefined {
  const page = setting === false ? undefined : findPage(runtime)
  if (page === undefined) return undefined
  const url = new URL(setting || defaultProxyPath, page)
  return trimTrailingSlashes(parseServiceUrl(url.href, '`browserProxyBaseUrl`').href)
}

/**
 * The address of the page. Every browser has called itself Mozilla since the nineties, in its workers too, and no server runtime does; Deno may be
 * given a `location`, and throws for one that it was not given, so it is not asked for that.
 */
function findPage(runtime: Runtime): string | undefined {
  const isBrowser = runtime.navigator?.userAgent?.startsWith('Mozilla/')
  const href = isBrowser ? runtime.location?.href : undefined
  return href !== undefined && /^https?:/.test(href) ? href : undefined
}
