import { AuthError, parseServiceUrl, trimTrailingSlashes } from '../core/index.js'

const codexPath = '/codex'

/**
 * The backend URL of a provider, out of the base URL that clients of its Codex endpoints are given: `https://chatgpt.com/backend-api/codex`.
 *
 * @throws AuthError `ERR_CONFIG_URL`
 */
export function parseCodexBaseUrl(baseURL: string): string {
  parseServiceUrl(baseURL, '`baseURL`')
  const base = trimTrailingSlashes(baseURL)
  if (base.endsWith(codexPath)) return base.slice(0, -codexPath.length)
  throw new AuthError('ERR_CONFIG_URL', '`baseURL` does not end in `/codex`.', {
    advice:
      'Give the URL that `/responses` and `/models` are appended to, as in https://chatgpt.com/backend-api/codex.',
  })
}
