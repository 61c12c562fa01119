import { createOpenAIFetch, readModels, readUsage, toErrorAnswer } from '../backend/index.js'
import { isAuthError, readString, type ErrorCode, type Session } from '../core/index.js'
import { createHostTrust, HostRefused, type HostCall, type HostTrust } from './host-trust.js'
import { createMetrics } from './metrics.js'
import type { Vault } from './open-vault.js'
import { nameOf } from './owner.js'
import { createRateLimits, type RateLimit } from './rate-limits.js'
import { limitBody, readJsonBody } from './read-json-body.js'
import { createVaultSignIns } from './sign-ins.js'
import { inSpan, spanKinds, type VaultTracer } from './trace.js'

export interface VaultServiceOptions {
  readonly vault: Vault
  /** The host applications, see `HostTrust`. */
  readonly hosts: readonly HostTrust[]
  /** What their tokens must be for. */
  readonly audience: string
  readonly maxTokenAgeMs?: number
  /** Where a browser may come back to after a sign-in; none when not given. */
  readonly redirectUris?: readonly string[]
  /** Of this instance, for all users of a tenant together; default 200 in a burst, 100 a second. */
  readonly tenantLimit?: RateLimit
  /** Of this instance, for one user; default 40 in a burst, 10 a second. */
  readonly userLimit?: RateLimit
  /** Of `@opentelemetry/api`: a span for each request of a host, with its route and status. */
  readonly tracer?: VaultTracer
}

/** Answers the requests of hosts. Holds nothing between two of them that another instance would need. */
export interface VaultService {
  readonly fetch: (request: Request) => Promise<Response>
  /** From now on not ready, so that a balancer sends nothing new. */
  drain(): void
}

interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: RegExp
  readonly name: string
  /** Changes something, so that the host's token may be used for it once (RFC 7519 4.1.7). */
  readonly once?: true
  readonly answer: (request: Request, call: HostCall, match: string) => Promise<Response>
}

/** Another try, here or on another instance, may find the database well. */
const databaseTrouble: ReadonlySet<string> = new Set<ErrorCode>([
  'ERR_STORE_READ',
  'ERR_STORE_WRITE',
  'ERR_STORE_LOCK_LOST',
])

/** The service of a vault: one host token, one user, that user's own credential, or a refusal. */
export function createVaultService(options: VaultServiceOptions): VaultService {
  const { vault, tracer, redirectUris = [] } = options
  const { tenantLimit = { burst: 200, perSecond: 100 }, userLimit = { burst: 40, perSecond: 10 } } = options
  const { clock, database } = vault
  const trust = createHostTrust({ ...options, clock })
  const limits = createRateLimits(clock)
  const metrics = createMetrics()
  const signIns = createVaultSignIns(vault)
  const publicApis = new WeakMap<Session, ReturnType<typeof createOpenAIFetch>>()
  let isDraining = false

  vault.subscribe(({ type }) => {
    if (type === 'refreshed') metrics.count('planpass_vault_refreshes_total')
    if (type === 'quarantined') metrics.count('planpass_vault_quarantined_total')
    if (type === 'persist-failed') metrics.count('planpass_vault_unsaved_total')
  })

  function publicApiOf(session: Session): ReturnType<typeof createOpenAIFetch> {
    const known = publicApis.get(session) ?? createOpenAIFetch(session, { clock })
    publicApis.set(session, known)
    return known
  }

  async function beginSignIn(request: Request, { owner, issuer }: HostCall): Promise<Response> {
    const body = await readJsonBody(request)
    const redirectUri = readString(body, 'redirectUri')
    if (readString(body, 'flow') !== 'callback') return json(201, await signIns.beginDevice(owner, issuer))
    if (redirectUri === undefined || !redirectUris.includes(redirectUri)) {
      return refuse(400, 'not_allowed', 'This redirectUri is not one of this service.')
    }
    return json(201, await signIns.beginCallback(owner, issuer, redirectUri))
  }

  async function completeCallback(request: Request, { owner, issuer }: HostCall, id: string): Promise<Response> {
    const body = await readJsonBody(request)
    const [code, state] = [readString(body, 'code'), readString(body, 'state')]
    if (!code || !state) return refuse(400, 'invalid_request', 'The body needs `code` and `state`.')
    return json(200, { state: await signIns.complete(owner, id, issuer, { code, state }) })
  }

  const routes: readonly Route[] = [
    { method: 'POST', path: /^\/sign-in$/, name: 'begin-sign-in', once: true, answer: beginSignIn },
    {
      method: 'GET',
      path: /^\/sign-in\/([\w-]{36})$/,
      name: 'look-at-sign-in',
      answer: async (_request, { owner, issuer }, id) => json(200, { state: await signIns.look(owner, id, issuer) }),
    },
    {
      method: 'POST',
      path: /^\/sign-in\/([\w-]{36})\/callback$/,
      name: 'complete-sign-in',
      once: true,
      answer: completeCallback,
    },
    {
      method: 'POST',
      path: /^\/sign-out$/,
      name: 'sign-out',
      once: true,
      answer: async (_request, { owner, issuer }) => {
        const { removed, revocation } = await vault.openSession(owner, issuer).signOut()
        return json(200, { removed, revocation })
      },
    },
    {
      method: 'GET',
      path: /^\/status$/,
      name: 'status',
      answer: async (_request, { owner }) => {
        const { store: _store, ...status } = await vault.session(owner).status()
        return json(200, status)
      },
    },
    {
      method: 'GET',
      path: /^\/models$/,
      name: 'models',
      answer: async ({ signal }, { owner }) => json(200, await readModels(vault.session(owner), { clock, signal })),
    },
    {
      method: 'GET',
      path: /^\/usage$/,
      name: 'usage',
      answer: async ({ signal }, { owner }) => json(200, await readUsage(vault.session(owner), { clock, signal })),
    },
    ...(['GET', 'POST'] as const).map((method) => ({
      method,
      path: /^\/v1(\/.*)$/,
      name: 'v1',
      answer: async (request: Request, { owner }: HostCall) =>
        retriable(await publicApiOf(vault.session(owner))(withoutHost(request))),
    })),
  ]

  async function answerHost(request: Request, route: Route, match: string): Promise<Response> {
    const call = await trust(request)
    // The user first: what is refused to one user takes nothing from the others of the tenant.
    const waitMs = limits(`user ${nameOf(call.owner)}`, userLimit) || limits(`tenant ${call.owner.tenant}`, tenantLimit)
    if (waitMs > 0) return limited(waitMs)
    if (route.once && !(await isFirstUse(call))) throw new HostRefused()
    return route.answer(request, call, match)
  }

  async function isFirstUse({ owner, issuer, tokenId, expiresAtMs }: HostCall): Promise<boolean> {
    if (tokenId === undefined) return false
    // As long as the token could still be taken for a good one.
    return database.useHostToken(owner.tenant, issuer, tokenId, expiresAtMs - clock.now() + 60_000)
  }

  function limited(waitMs: number): Response {
    metrics.count('planpass_vault_limited_total')
    const headers = { 'retry-after': String(Math.ceil(waitMs / 1000)) }
    return refuse(429, 'rate_limit_exceeded', 'Too many requests.', headers)
  }

  function toFailure(error: unknown): Response {
    if (error instanceof HostRefused) {
      metrics.count('planpass_vault_refused_hosts_total')
      return refuse(401, 'host_refused', 'The host’s token is not good for this.', { 'www-authenticate': 'Bearer' })
    }
    if (isAuthError(error)) return retriable(toErrorAnswer(error))
    throw error
  }

  async function ready(): Promise<Response> {
    const isReady = !isDraining && (await database.isReady())
    return json(isReady ? 200 : 503, { ready: isReady })
  }

  async function printMetrics(): Promise<Response> {
    const { cached, hits, misses, isListening } = vault.statistics()
    const census = await database.census().catch(() => undefined)
    const text = metrics.print({
      planpass_vault_cached_credentials: cached,
      planpass_vault_cache_hits: hits,
      planpass_vault_cache_misses: misses,
      planpass_vault_listening: Number(isListening),
      planpass_vault_troubled_issuers: vault.troubledIssuers().length,
      ...(census && { planpass_vault_due_credentials: census.due, planpass_vault_dead_credentials: census.dead }),
    })
    return new Response(text, { headers: { 'content-type': 'text/plain; version=0.0.4' } })
  }

  function traced({ name, method }: Route, answer: () => Promise<Response>): Promise<Response> {
    if (!tracer) return answer()
    const attributes = { 'http.request.method': method, 'http.route': name }
    return inSpan(tracer, { name: `vault ${name}`, kind: spanKinds.server, attributes }, async (span) => {
      const answered = await answer()
      span.setAttribute('http.response.status_code', answered.status)
      return answered
    })
  }

  async function dispatch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/health') return json(200, { healthy: true })
    if (pathname === '/ready') return ready()
    if (pathname === '/metrics') return printMetrics()
    const here = routes.filter(({ path }) => path.test(pathname))
    const route = here.find(({ method }) => method === request.method)
    if (!route) return refuse(here.length === 0 ? 404 : 405, 'unknown_url', 'There is nothing of that kind here.')
    const startedMs = clock.now()
    const match = route.path.exec(pathname)?.[1] ?? ''
    const answered = await traced(route, () => answerHost(request, route, match).catch(toFailure))
    metrics.count('planpass_vault_requests_total', { route: route.name, status: String(answered.status) })
    metrics.count('planpass_vault_request_seconds_total', { route: route.name }, (clock.now() - startedMs) / 1000)
    return answered
  }

  return {
    fetch: dispatch,
    drain: () => {
      isDraining = true
    },
  }
}

/** As much as the gateway takes. */
const largestQuestionBytes = 32 * 1024 * 1024

/** The host's own token is for us, and goes no further. */
function withoutHost(request: Request): Request {
  const headers = new Headers(request.headers)
  headers.delete('authorization')
  const { body } = request
  const limited = body && { body: limitBody(body, largestQuestionBytes), duplex: 'half' as const }
  return new Request(request, { headers, ...limited })
}

/** Of a store of its own, a client is told that trying again is of no use. */
function retriable(answer: Response): Response {
  if (!databaseTrouble.has(answer.headers.get('x-planpass-code') ?? '')) return answer
  const headers = new Headers(answer.headers)
  headers.delete('x-should-retry')
  headers.set('retry-after', '1')
  return new Response(answer.body, { status: 503, headers })
}

function json(status: number, body: object): Response {
  return Response.json(body, { status, headers: { 'cache-control': 'no-store' } })
}

const types: Readonly<Record<number, string>> = { 401: 'authentication_error', 429: 'rate_limit_error' }

/** With `retry-after`, it may be tried again. */
function refuse(status: number, code: string, message: string, headers: Record<string, string> = {}): Response {
  const error = { message, type: types[status] ?? 'invalid_request_error', code, param: null }
  const isFinal = headers['retry-after'] === undefined
  return Response.json(
    { error },
    { status, headers: { 'cache-control': 'no-store', ...(isFinal && { 'x-should-retry': 'false' }), ...headers } },
  )
}
