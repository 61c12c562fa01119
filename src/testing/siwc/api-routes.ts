import { Hono } from 'hono'
import type { EmulatedAccount } from '../accounts.js'
import { eventStreamResponse } from '../backend/event-stream.js'
import { apiProblem, detailProblem, problemResponse } from '../backend/problem.js'
import { isObject, readBody } from '../backend/request-body.js'
import { createResponder, type Responder } from '../backend/responder.js'
import type { ResponseEvent } from '../backend/response-events.js'
import type { EmulatedSession } from '../sessions.js'
import { findApiProblem } from './api-rules.js'
import { isPlanClient, planScope } from './plan-client.js'
import type { SiwcParts } from './routes.js'

/** `/v1`, as much of it as a plan may use (siwc 6.1): models and responses. Tokens of the Codex client are refused. */
export function createApiRoutes(parts: SiwcParts): Hono {
  const { scenario, context } = parts
  const respond = createResponder(context, scenario, ({ body }) => findApiProblem(body))
  const answer = (request: Request, handle: (session: EmulatedSession) => Response | Promise<Response>) => {
    const session = authenticate(request, parts)
    return session instanceof Response ? session : handle(session)
  }
  return new Hono()
    .get('/v1/models', ({ req }) => answer(req.raw, () => Response.json({ models: scenario.models })))
    .post('/v1/responses', ({ req }) => answer(req.raw, ({ account }) => postResponses(req.raw, account, respond)))
    .all('/v1/*', ({ req }) => answer(req.raw, () => problemResponse(routeNotSupported)))
}

/** The refusals that come before the service itself have no code, only words (siwc 6.5). */
function authenticate(request: Request, { sessions }: SiwcParts): EmulatedSession | Response {
  const token = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? ''
  const access = sessions.access(token)
  if (access.outcome !== 'ok' || !isPlanClient(access.session.clientId)) {
    return problemResponse(detailProblem('The token was not accepted.', 401))
  }
  if (access.session.scope.split(' ').includes(planScope)) return access.session
  return problemResponse(scopeMissing)
}

const scopeMissing = apiProblem(403, {
  message: 'Plan use is not granted.',
  code: 'chatpass_v2_scope_not_authorized',
})

const routeNotSupported = apiProblem(403, {
  message: 'This endpoint does not take tokens of a plan.',
  code: 'subscription_sharing_route_not_supported',
})

async function postResponses(request: Request, account: EmulatedAccount, respond: Responder): Promise<Response> {
  const body = await readBody(request)
  if ('problem' in body) return problemResponse(body.problem)
  const { members } = body
  const { headers, outcome } = respond({ body: members, account, headers: request.headers, transport: 'http' })
  // No limits are told on this route (siwc 6.4): the request's id is all there is.
  const told = { 'x-request-id': headers['x-request-id'] ?? '' }
  if ('problem' in outcome) return problemResponse(outcome.problem, told)
  return eventStreamResponse(toPlanEvents(outcome.events, namespacesOf(members)), told)
}

/** The namespace of each tool that stands in one. */
function namespacesOf({ tools }: Readonly<Record<string, unknown>>): ReadonlyMap<unknown, unknown> {
  const list: readonly unknown[] = Array.isArray(tools) ? tools : []
  const pairs = list.filter(isObject).flatMap(({ type, name, tools: inner }) => {
    const own: readonly unknown[] = type === 'namespace' && Array.isArray(inner) ? inner : []
    return own.filter(isObject).map((tool): [unknown, unknown] => [tool['name'], name])
  })
  return new Map(pairs)
}

/** Without the frame of limits, and with the namespace that a called tool stands in. */
function toPlanEvents(events: readonly ResponseEvent[], namespaces: ReadonlyMap<unknown, unknown>): ResponseEvent[] {
  return events
    .filter(({ type }) => type !== 'codex.rate_limits')
    .map((event, index) => {
      const item = event['item']
      const namespace = isObject(item) ? namespaces.get(item['name']) : undefined
      const named = isObject(item) && namespace !== undefined ? { item: { ...item, namespace } } : {}
      return { ...event, ...named, sequence_number: index }
    })
}
