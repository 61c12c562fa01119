import type { IncomingMessage } from 'node:http'
import type { LoopbackAnswer } from './loopback-listener.js'

/** Answers what was asked for at one path. */
export type Route = (request: IncomingMessage, query: URLSearchParams) => LoopbackAnswer | Promise<LoopbackAnswer>

/** Paths match to the letter, so nothing is parsed that a URL parser would repair (protocol 2.4). */
export function answerByPath(
  request: IncomingMessage,
  port: number,
  routes: Readonly<Record<string, Route>>,
): LoopbackAnswer | Promise<LoopbackAnswer> {
  const [path = '', ...query] = (request.url ?? '').split('?')
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined
  return refusal(request, port) ?? route?.(request, new URLSearchParams(query.join('?'))) ?? notFound
}

/** Why a request is not looked at, whatever it asks for; `undefined` when it may be. */
function refusal({ method, headers }: IncomingMessage, port: number): LoopbackAnswer | undefined {
  // A name that somebody else pointed at this machine is not ours (DNS rebinding).
  if (!ownHosts(port).includes(headers.host?.toLowerCase() ?? '')) return plain(421, 'Not a name of this server')
  // Link previews ask with HEAD, and no form posts here: only a visit counts.
  if (method !== 'GET') return plain(405, 'Method Not Allowed', { allow: 'GET' })
  // A page that a browser loads ahead was not visited (https://wicg.github.io/nav-speculation/prefetch.html).
  const purpose = headers['sec-purpose'] ?? headers['purpose'] ?? ''
  return purpose.includes('prefetch') ? plain(503, 'Not for prefetching') : undefined
}

function ownHosts(port: number): string[] {
  return ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`)
}

/** True when a page of another site sent the request, as an image would. Programs, and people who type, send no such header. */
export function isFromOtherSite({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'] ?? 'none'
  return site !== 'none' && site !== 'same-origin'
}

/** An answer that nobody reads for pleasure. */
export function plain(status: number, body: string, headers: Readonly<Record<string, string>> = {}): LoopbackAnswer {
  const standing = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
  return { status, headers: { ...standing, ...headers }, body }
}

/** The favicon among others. */
export const notFound = plain(404, 'Not Found')
