import { checkedCodexVersion, createOpenAIFetch, parseCodexBaseUrl, type BackendSession } from '../backend/index.js'
import { createExternalSession } from '../core/external.js'
import {
  AuthError,
  createClientIdentity,
  createCodexProvider,
  isAuthError,
  platformFetch,
  type Clock,
  type Fetch,
} from '../core/index.js'
import { readCaller } from './caller.js'
import { createOriginPolicy } from './origin-policy.js'
import { readLimitedBody } from './read-limited-body.js'
import { Refusal, toFailureResponse } from './refusal.js'

/** How the proxy reaches the backend, and who may reach the proxy. */
export interface OpenAIOAuthProxyOptions {
  readonly fetch?: Fetch | undefined
  /** Base URL of the Codex backend, and the only place that requests go to; default `https://chatgpt.com/backend-api/codex`. */
  readonly baseURL?: string | undefined
  /** Who issues the tokens that pages bring: a real one is never sent to loopback. Default `https://auth.openai.com`. */
  readonly issuer?: string | undefined
  /** For requests that bring no instructions of their own. */
  readonly instructions?: string | undefined
  /** The backend keeps nothing: `true` is refused. */
  readonly store?: boolean | undefined
  /** The name of your program; default `planpass`. With `false` the header is left out. */
  readonly originator?: string | false | undefined
  /** Pages of other origins that may use the proxy, as in `https://app.example`; default: none. */
  readonly allowedOrigins?: readonly string[] | undefined
  /** Default 32 MiB. */
  readonly maximumBodyBytes?: number | undefined
  readonly clock?: Clock | undefined
}

/** Answers a request; needs no `this`, so it may be exported as a route as it is. */
export type ProxyHandler = (request: Request) => Promise<Response>

/** The routes of a proxy: which path each is mounted at is the host's affair, and no part of a path goes any further. */
export interface OpenAIOAuthProxy {
  /** `POST`: an answer of a model, streamed when it is asked for as a stream. */
  readonly responses: ProxyHandler
  /** `GET`: the models, as the backend lists them. */
  readonly models: ProxyHandler
  /** `GET`: what is used of the plan, as the backend tells it. */
  readonly usage: ProxyHandler
}

const defaultBodyBytes = 32 * 1024 * 1024

/** What of a page's headers goes on. */
const forwardedHeaders = ['session-id', 'thread-id', 'x-client-request-id', 'if-none-match']
/** What of the backend's headers comes back, where its answer is passed on as it is. */
const answeredHeaders = ['etag', 'x-request-id', 'retry-after']

/**
 * Lets pages use a ChatGPT plan whose token they hold: browsers cannot ask the backend themselves. Each handler turns a `Request` into a
 * `Response`, in Node, Workers, Deno, Bun and Next alike. It holds no token, sets no cookie, stores nothing, and reaches its one backend alone.
 *
 * ```ts
 * const proxy = createOpenAIOAuthProxy()
 * export const POST = proxy.responses
 * ```
 *
 * @throws AuthError `ERR_CONFIG_URL`, `ERR_CONFIG_CLIENT_NAME`, `ERR_UPSTREAM_UNSUPPORTED_FIELD`
 */
export function createOpenAIOAuthProxy(options: OpenAIOAuthProxyOptions = {}): OpenAIOAuthProxy {
  const { instructions, clock, allowedOrigins = [], maximumBodyBytes = defaultBodyBytes } = options
  if (options.store) throw new AuthError('ERR_UPSTREAM_UNSUPPORTED_FIELD', '`store`: the backend keeps no responses.')
  const openSession = createSessionOpener(options)
  const judge = createOriginPolicy(allowedOrigins)

  async function answerResponses(request: Request): Promise<Response> {
    const session = openSession(request)
    const body = await readLimitedBody(request, maximumBodyBytes)
    const ask = createOpenAIFetch(session, { instructions, ...(clock && { clock }) })
    const { signal } = request
    return ask(`${session.provider.backendUrl}/codex/responses`, {
      method: 'POST',
      headers: pick(request.headers, forwardedHeaders),
      body,
      signal,
    })
  }

  async function answerModels(request: Request): Promise<Response> {
    const session = openSession(request)
    const version = readClientVersion(request)
    return passOn(session, request, `/codex/models?client_version=${version}`)
  }

  async function answerUsage(request: Request): Promise<Response> {
    const session = openSession(request)
    const { backendUrl } = session.provider
    return passOn(session, request, backendUrl.includes('/backend-api') ? '/wham/usage' : '/api/codex/usage')
  }

  /** Everything that is the same for each route: who may ask, how, and what no answer goes without. */
  function serve(method: 'GET' | 'POST', answer: ProxyHandler): ProxyHandler {
    return async (request) => {
      const { isAllowed, headers } = judge(request)
      const response = await orFailure(async () => {
        if (!isAllowed) throw new Refusal(403, 'Pages of this origin may not use the proxy.')
        if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow: method } })
        if (request.method !== method) throw new Refusal(405, `This route takes ${method} only.`, { allow: method })
        return answer(request)
      })
      return withHeaders(response, { ...headers, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    }
  }

  return {
    responses: serve('POST', answerResponses),
    models: serve('GET', answerModels),
    usage: serve('GET', answerUsage),
  }
}

/** A session for one request: what it brings is used once, never refreshed here, and forgotten. */
function createSessionOpener(options: OpenAIOAuthProxyOptions): (request: Request) => BackendSession {
  const { baseURL, issuer, originator, fetch = platformFetch, clock } = options
  const backendUrl = baseURL === undefined ? undefined : parseCodexBaseUrl(baseURL)
  const provider = createCodexProvider({ issuer, backendUrl })
  const identity = createClientIdentity(originator === false ? undefined : originator)
  const transport = originator === false ? withoutOriginator(fetch) : fetch
  return (request) => {
    const tokens = readCaller(request)
    const give = async () => tokens
    const auth = { resolve: give, refresh: give }
    const session = createExternalSession({ auth, provider, identity, fetch: transport, ...(clock && { clock }) })
    return { ...session, fetch: session.readOnlyFetch }
  }
}

function withoutOriginator(fetch: Fetch): Fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers)
    headers.delete('originator')
    return fetch(input, { ...init, headers })
  }
}

/** Asks the backend in the page's name. Whatever comes back is data, so that a page of the network edge is none of ours. */
async function passOn(session: BackendSession, request: Request, path: string): Promise<Response> {
  const { signal, headers } = request
  const response = await session.readOnlyFetch(`${session.provider.backendUrl}${path}`, {
    headers: pick(headers, forwardedHeaders),
    signal,
  })
  const isBodiless = response.status === 204 || response.status === 304
  return new Response(isBodiless ? null : response.body, {
    status: response.status,
    headers: { ...pick(response.headers, answeredHeaders), 'content-type': 'application/json' },
  })
}

/** Digits and dots alone, so that it cannot say anything else in a query. */
function readClientVersion(request: Request): string {
  const version = new URL(request.url).searchParams.get('client_version') ?? checkedCodexVersion
  if (/^\d{1,4}(\.\d{1,6}){0,3}$/.test(version)) return version
  throw new Refusal(400, '`client_version` is not a version.')
}

function pick(headers: Headers, names: readonly string[]): Record<string, string> {
  const found = names.map((name) => [name, headers.get(name)] as const)
  return Object.fromEntries(found.flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}

async function orFailure(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal) return error.toResponse()
    if (isAuthError(error)) return toFailureResponse(error)
    throw error
  }
}

function withHeaders(response: Response, more: Record<string, string>): Response {
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(more)) headers.set(name, value)
  return new Response(response.body, { status: response.status, headers })
}
