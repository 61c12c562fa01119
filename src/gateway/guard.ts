import type { AskedRequest } from './asked-request.js'
import { Refusal } from './refusal.js'

/** By which names a gateway may be asked, and which pages may ask it. */
export interface GuardOptions {
  /** `http://127.0.0.1:8787`. */
  readonly origin: string
  /** Names besides the loopback ones that lead here, with their port: `box.example:8787`. */
  readonly hosts?: readonly string[] | undefined
  /** Origins of pages elsewhere that may ask, with a key of their own. */
  readonly allowedOrigins?: readonly string[] | undefined
}

/** Judges where a request comes from. Returns the headers of its answer. @throws Refusal 403, 421 */
export type Guard = (request: AskedRequest) => Record<string, string>

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]']

/**
 * A page elsewhere can make a browser ask us: under a name of its own that leads to us (DNS rebinding, told by the `Host`), or with an `Origin`.
 * Neither gets through. What is no browser sends no `Origin` and names us as we are called.
 */
export function createGuard({ origin, hosts = [], allowedOrigins = [] }: GuardOptions): Guard {
  const { protocol, host, port } = new URL(origin)
  const names = port === '' ? loopbackNames : loopbackNames.map((name) => `${name}:${port}`)
  const known = new Set([host, ...names, ...hosts.map((name) => name.toLowerCase())])
  const ownOrigins = new Set([...known].map((name) => `${protocol}//${name}`))
  const allowed = new Set(allowedOrigins)

  function refuseHost({ url, headers }: AskedRequest): void {
    const name = headers.get('host')?.toLowerCase() ?? host
    // Nearly all are spelled by their `Host`, and then there is no need to read the URL.
    const isSpelledSo = url.startsWith(`${protocol}//${name}/`)
    if (known.has(name) && (isSpelledSo || known.has(new URL(url).host))) return
    throw new Refusal(421, 'unknown_host', 'This is not a name of this gateway.')
  }

  function refusePage({ headers }: AskedRequest, from: string | null): void {
    // A port of the same machine is the same site, but another origin: cookies do not tell ports apart, so we have to.
    const site = headers.get('sec-fetch-site') ?? 'none'
    const isOwn = from === null ? site === 'none' || site === 'same-origin' : ownOrigins.has(from)
    if (!isOwn) throw new Refusal(403, 'origin_not_allowed', 'Pages of other origins may not use this gateway.')
  }

  return (request) => {
    refuseHost(request)
    const from = request.headers.get('origin')
    if (from !== null && allowed.has(from)) return corsHeaders(from)
    refusePage(request, from)
    return {}
  }
}

function corsHeaders(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'authorization, content-type, session-id, thread-id, x-client-request-id',
    'access-control-expose-headers': '*',
    'access-control-max-age': '600',
    vary: 'origin',
  }
}
