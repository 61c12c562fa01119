import { AuthError } from './errors.js'

const loopbackHosts = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** True for `localhost` and the addresses it stands for. */
export function isLoopback(url: URL): boolean {
  return loopbackHosts.has(url.hostname)
}

/**
 * A service URL as a person gave it: https, or http on loopback; no credentials, query or fragment. Endpoints are made by appending to the
 * text, so what the URL parser would quietly repair (spaces, an empty query) is refused too.
 *
 * @param name What the URL is for, as the person knows it: `--issuer`, `PLANPASS_BACKEND_URL`.
 * @throws AuthError `ERR_CONFIG_URL`
 */
export function parseServiceUrl(text: string, name: string): URL {
  const url = URL.canParse(text) && !/\s/.test(text) ? new URL(text) : undefined
  if (!url) throw new AuthError('ERR_CONFIG_URL', `${name} is not a URL.`)
  const isSecure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))
  if (!isSecure) throw new AuthError('ERR_CONFIG_URL', `${name} does not use https.`)
  if (url.username || url.password || /[?#]/.test(text)) {
    throw new AuthError('ERR_CONFIG_URL', `${name} carries credentials, a query or a fragment.`, {
      advice: 'Give the address alone.',
    })
  }
  return url
}

/** Endpoints are made by appending to this. */
export function trimTrailingSlashes(text: string): string {
  return text.replace(/\/+$/, '')
}
