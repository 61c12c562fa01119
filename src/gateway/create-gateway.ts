import { Hono } from 'hono'
import { systemClock, type Secret } from '../core/index.js'
import { createAdmission } from './admission.js'
import { createAnswering, type AnsweredPath } from './answering.js'
import { digestKey, isSameDigest } from './api-key.js'
import type { AskedRequest, Question } from './asked-request.js'
import { createAuthenticate } from './authenticate.js'
import { createConsole } from './console-routes.js'
import { createConsoleSessions } from './console-session.js'
import { defaultLimits, type GatewayOptions } from './gateway-options.js'
import { toResponse, type GivenAnswer } from './given-answer.js'
import { createGuard } from './guard.js'
import { createMetrics } from './metrics.js'
import { createOpenAIRoutes } from './openai-routes.js'
import { createProfileShelf } from './profile-shelf.js'
import { Refusal, toFailureAnswer } from './refusal.js'
import { createRequestLog } from './request-log.js'
import { createStallGuard } from './stall-guard.js'
import { createTokenLedger } from './token-ledger.js'

/** OpenAI's API over a plan, and the console beside it. */
export interface Gateway {
  /** Answers a request, whoever listens. */
  readonly fetch: (request: Request) => Promise<Response>
  /** A link for a browser that opens the console, once; `undefined` when there is none. */
  createConsoleLink(): string | undefined
  /** How many requests are being answered. */
  readonly running: number
  /** Answers what runs and refuses what comes; event streams of the console end. */
  drain(): void
  /** Ends what belongs to it and keeps what it has counted. */
  close(): Promise<void>
}

/**
 * A gateway for one person, over the profiles that are theirs. It asks for a key whoever comes, and looks at the `Host` and the `Origin` of each
 * request, since a browser on the same machine may be led to it by any page. Nothing of what is said is logged or kept.
 *
 * @example
 *   const gateway = createGateway({ origin: 'http://127.0.0.1:8787', profiles: fromSession(session), keys })
 *   const response = await gateway.fetch(new Request('http://127.0.0.1:8787/v1/models', { headers: { authorization } }))
 */
export function createGateway(options: GatewayOptions): Gateway {
  return openGateway(options).gateway
}

/** A gateway, and its own way for a server that has not made a `Request` of what it was asked. */
export interface OpenGateway {
  readonly gateway: Gateway
  /** Answers a `POST` to `path`, as `fetch` would. */
  readonly answer: (path: AnsweredPath, question: Question) => Promise<GivenAnswer>
}

/** As `createGateway`. */
export function openGateway(options: GatewayOptions): OpenGateway {
  const { origin, keys, clock = systemClock } = options
  const limits = { ...defaultLimits, ...options.limits }
  const guard = createGuard(options)
  const sessions = createConsoleSessions(origin, clock)
  const parts = {
    authenticate: createAuthenticate(keys, sessions),
    admission: createAdmission(limits, clock),
    shelf: createProfileShelf(options.profiles, clock),
    log: createRequestLog(clock),
    ledger: options.ledger ?? createTokenLedger(clock),
    metrics: createMetrics(),
    stalls: createStallGuard(limits.stallMs, clock),
    clock,
    maximumBodyBytes: limits.maximumBodyBytes,
  }
  const { log, metrics, admission, ledger } = parts
  const answering = createAnswering(parts)
  const page = createConsole({ ...options, ...parts, limits, sessions, clock })
  let isDraining = false

  const createConsoleLink = () => (options.console ? `${origin}/enter#${sessions.createTicket()}` : undefined)

  const app = new Hono()
    .get('/healthz', () =>
      Response.json({ status: isDraining ? 'draining' : 'ok' }, { status: isDraining ? 503 : 200 }),
    )
    .get('/metrics', async (context) => {
      await parts.authenticate(context.req.raw)
      const gauges = { requests_running: admission.running, requests_waiting: admission.waiting }
      return new Response(metrics.toText(gauges), { headers: { 'content-type': 'text/plain; version=0.0.4' } })
    })
    .post('/control/link', ({ req: { raw } }) => {
      requireControl(raw, options.controlKey)
      return Response.json({ link: createConsoleLink() ?? null }, { headers: { 'cache-control': 'no-store' } })
    })
    .route('/v1', createOpenAIRoutes(parts, answering))
    .route('/', page.routes)
    .onError((error) => {
      if (error instanceof Refusal) metrics.countRefusal(error.code)
      return toFailureAnswer(error)
    })
    .notFound(() => new Refusal(404, 'unknown_url', 'There is no such path.').toResponse())

  const { onRequest } = options
  const stopTelling = onRequest && log.subscribe((entry) => entry.durationMs !== null && onRequest(entry))

  function admit(request: AskedRequest): Record<string, string> {
    const headers = guard(request)
    if (isDraining && new URL(request.url).pathname !== '/healthz') {
      throw new Refusal(503, 'gateway_stopping', 'The gateway is being stopped.', {
        'retry-after': '2',
        connection: 'close',
      })
    }
    return headers
  }

  async function admitted(
    request: AskedRequest,
    serve: (headers: Record<string, string>) => Promise<GivenAnswer>,
  ): Promise<GivenAnswer> {
    let headers: Record<string, string> = {}
    try {
      headers = admit(request)
      return withHeaders(await serve(headers), headers)
    } catch (error) {
      if (error instanceof Refusal) metrics.countRefusal(error.code)
      return withHeaders(toFailureAnswer(error), headers)
    }
  }

  async function answer(request: Request): Promise<Response> {
    const given = await admitted(request, async (headers) => {
      const isPreflight = request.method === 'OPTIONS' && 'access-control-allow-origin' in headers
      return isPreflight ? new Response(null, { status: 204 }) : app.fetch(request)
    })
    return toResponse(given)
  }

  const gateway: Gateway = {
    fetch: answer,
    createConsoleLink,
    get running() {
      return admission.running
    },
    drain() {
      isDraining = true
      page.close()
    },
    async close() {
      stopTelling?.()
      page.close()
      parts.stalls.close()
      await ledger.close()
    },
  }
  return { gateway, answer: (path, question) => admitted(question, () => answering(path, question)) }
}

function requireControl({ headers }: Request, controlKey: Secret | undefined): void {
  const given = digestKey(headers.get('authorization') ?? '')
  if (controlKey && isSameDigest(given, digestKey(`Bearer ${controlKey.reveal()}`))) return
  throw new Refusal(401, 'control_key_wrong', 'Only whoever started the gateway may ask this.')
}

function withHeaders(answer: GivenAnswer, headers: Readonly<Record<string, string>>): GivenAnswer {
  if (answer instanceof Response) {
    for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value)
    return answer
  }
  Object.assign(answer.headers, headers)
  return answer
}
