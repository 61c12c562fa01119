import { AuthError } from '../core/index.js'

/** What is to become of a request, as far as the page it came from is concerned. */
export interface OriginVerdict {
  readonly isAllowed: boolean
  /** For every answer to it. */
  readonly headers: Record<string, string>
}

/** Judges the page that a request came from. */
export type OriginPolicy = (request: Request) => OriginVerdict

/** What our browser side sends besides what every page may. */
const sentHeaders =
  'authorization, chatgpt-account-id, content-type, if-none-match, originator, session-id, thread-id, user-agent, ' +
  'x-client-request-id, x-openai-fedramp'

/**
 * Pages of our own origin may ask, and those of `allowedOrigins`; a request without an `Origin` comes from no page of another one.
 *
 * @throws AuthError `ERR_CONFIG_URL` for an origin that is not written as browsers send it
 */
export function createOriginPolicy(allowedOrigins: readonly string[]): OriginPolicy {
  const allowed = new Set(allowedOrigins)
  allowedOrigins.forEach(assertOrigin)
  const varies: Record<string, string> = allowed.size > 0 ? { vary: 'origin' } : {}
  return (request) => {
    const origin = request.headers.get('origin')
    if (origin !== null && allowed.has(origin))
      return { isAllowed: true, headers: { ...varies, ...corsHeaders(origin) } }
    return { isAllowed: origin === null || isOwnPage(request, origin), headers: varies }
  }
}

/** Behind a server that ends TLS, `request.url` has another scheme than the page: then the browser's own word counts, which no page can forge. */
function isOwnPage(request: Request, origin: string): boolean {
  return request.headers.get('sec-fetch-site') === 'same-origin' || new URL(request.url).origin === origin
}

function corsHeaders(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': sentHeaders,
    'access-control-expose-headers': '*',
    'access-control-max-age': '600',
  }
}

function assertOrigin(origin: string): void {
  const isExact = !origin.includes('*') && URL.canParse(origin) && new URL(origin).origin === origin
  if (isExact) return
  throw new AuthError('ERR_CONFIG_URL', 'An entry of `allowedOrigins` is not an origin.', {
    advice: 'Write it as browsers send it: https://app.example, without a path and without a wildcard.',
  })
}
