import { createHash } from 'node:crypto'
import { Hono } from 'hono'
import { accountKey, type EmulatedAccount } from '../accounts.js'
import type { EmulatorContext } from '../context.js'
import { eventStreamResponse } from './event-stream.js'
import { modelsForClient } from './model-catalogue.js'
import { type Problem, apiProblem, detailProblem, problemResponse } from './problem.js'
import { readBody } from './request-body.js'
import { type Responder, createResponder } from './responder.js'
import type { BackendScenario } from './scenario.js'
import { usagePayload } from './usage.js'

type SignedInHandler = (request: Request, account: EmulatedAccount) => Response | Promise<Response>

/**
 * The ChatGPT backend as Codex clients meet it (protocol 9), in both path styles. The scenario is read anew at each
 * request, so a test may change it in between.
 */
export function createBackendRoutes(context: EmulatorContext, scenario: BackendScenario): Hono {
  const { clock } = context
  const respond = createResponder(context, scenario)
  const routes = new Hono()
  const answer = (method: string, paths: string[], handle: SignedInHandler) =>
    routes.on(method, paths, ({ req }) => {
      const caller = context.authenticate(req.raw)
      return caller instanceof Response ? caller : handle(req.raw, caller.account)
    })

  answer('GET', wham('accounts/check'), (request, account) =>
    Response.json(accountsCheck(scenario, account, context.backendOrigin(request))),
  )
  answer('GET', wham('usage'), (_, account) => Response.json(usagePayload(scenario.usage, account, clock.now())))
  // Asked for plans with workspace policies; an empty bundle is accepted (real-codex 18).
  answer('GET', wham('config/bundle'), () => Response.json({}))
  answer('GET', wham('rate-limit-reset-credits'), () => Response.json({ available_count: 0, credits: [] }))
  answer('GET', codex('models'), (request) => listModels(request, scenario))
  answer('GET', codex('responses'), () => problemResponse(upgradeRefused, { upgrade: 'websocket' }))
  answer('POST', codex('responses'), (request, account) => postResponses(request, account, respond))
  answer('ALL', ['/backend-api/*', '/api/codex/*'], (request) => problemResponse(notFound(request)))
  return routes
}

/** Which of two paths a client asks depends on its base URL (protocol 9). */
function wham(name: string): string[] {
  return [`/backend-api/wham/${name}`, `/api/codex/${name}`]
}

function codex(name: string): string[] {
  return [`/backend-api/codex/${name}`, `/api/codex/${name}`]
}

async function postResponses(request: Request, account: EmulatedAccount, respond: Responder): Promise<Response> {
  const body = await readBody(request)
  if ('problem' in body) return problemResponse(body.problem)
  const { headers, outcome } = respond({ body: body.members, account, headers: request.headers, transport: 'http' })
  if ('problem' in outcome) return problemResponse(outcome.problem, headers)
  return eventStreamResponse(outcome.events, headers)
}

const upgradeRefused = apiProblem(426, { message: 'Use HTTP for this resource.', code: 'upgrade_required' })

/** Workspace routing (protocol 9.1). */
function accountsCheck(scenario: BackendScenario, account: EmulatedAccount, reachedOrigin: string) {
  const { accountId, planType, isFedramp } = account
  return {
    accounts: [
      {
        id: accountId,
        account_user_id: accountKey(account),
        structure: 'personal',
        plan_type: planType,
        name: null,
        profile_picture_url: null,
        is_deactivated: false,
        is_fedramp_compliant_workspace: isFedramp,
        workspace_backend_origin: scenario.workspaceBackendOrigin ?? reachedOrigin,
        account_routing_override: scenario.accountRoutingOverride,
      },
    ],
    default_account_id: accountId,
    account_ordering: [accountId],
  }
}

/** The catalogue for the client's version (protocol 9.2). */
function listModels(request: Request, scenario: BackendScenario): Response {
  const clientVersion = new URL(request.url).searchParams.get('client_version')
  if (clientVersion === null) return problemResponse(clientVersionMissing)
  const text = JSON.stringify({ models: modelsForClient(scenario.models, clientVersion) })
  const etag = `W/"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"`
  if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers: { etag } })
  return new Response(text, { headers: { 'content-type': 'application/json', etag } })
}

const clientVersionMissing: Problem = detailProblem([
  { type: 'missing', loc: ['query', 'client_version'], msg: 'Field required', input: null },
])

function notFound(request: Request): Problem {
  const { pathname } = new URL(request.url)
  return apiProblem(404, { message: `There is no ${request.method} ${pathname}.`, code: 'not_found' })
}
