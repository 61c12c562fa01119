import { createHash } from 'node:crypto'
import { type Context, Hono } from 'hono'
import type { EmulatedAccount } from '../accounts.js'
import type { EmulatorContext } from '../context.js'
import { eventStreamResponse } from './event-stream.js'
import { modelsForClient } from './model-catalogue.js'
import { type Problem, apiProblem, detailProblem, problemResponse } from './problem.js'
import { readBody } from './request-body.js'
import { createResponder } from './responder.js'
import type { BackendScenario } from './scenario.js'
import { usagePayload } from './usage.js'

type SignedInHandler = (request: Request, account: EmulatedAccount) => Response | Promise<Response>

/**
 * The ChatGPT backend as Codex clients meet it (protocol 9), in both path styles. The scenario is read anew at each
 * request, so a test may change it in between.
 */
export function createBackendRoutes(context: EmulatorContext, scenario: BackendScenario): Hono {
  const routes = new Hono()
  const respond = createResponder(context, scenario)
  const signedIn = (handle: SignedInHandler) => (call: Context) => {
    const caller = context.authenticate(call.req.raw)
    return caller instanceof Response ? caller : handle(call.req.raw, caller.account)
  }

  for (const path of bothStyles('accounts/check'))
    routes.get(
      path,
      signedIn((request, account) => Response.json(accountsCheck(scenario, account, context.backendOrigin(request)))),
    )

  for (const path of bothStyles('usage'))
    routes.get(
      path,
      signedIn((_, account) => Response.json(usagePayload(scenario.usage, account, context.clock.now()))),
    )

  // Asked for plans with workspace policies; an empty bundle is accepted (real-codex 18).
  for (const path of bothStyles('config/bundle'))
    routes.get(
      path,
      signedIn(() => Response.json({})),
    )

  for (const path of bothStyles('rate-limit-reset-credits'))
    routes.get(
      path,
      signedIn(() => Response.json({ available_count: 0, credits: [] })),
    )

  for (const base of ['/backend-api/codex', '/api/codex']) {
    routes.get(
      `${base}/models`,
      signedIn((request) => listModels(request, scenario)),
    )
    routes.get(
      `${base}/responses`,
      signedIn(() => problemResponse(upgradeRefused, { upgrade: 'websocket' })),
    )
    routes.post(
      `${base}/responses`,
      signedIn(async (request, account) => {
        const body = await readBody(request)
        if ('problem' in body) return problemResponse(body.problem)
        const reply = respond({ body: body.members, account, headers: request.headers, transport: 'http' })
        if ('problem' in reply.outcome) return problemResponse(reply.outcome.problem, reply.headers)
        return eventStreamResponse(reply.outcome.events, reply.headers)
      }),
    )
  }

  for (const everything of ['/backend-api/*', '/api/codex/*'])
    routes.all(
      everything,
      signedIn((request) => problemResponse(notFound(request))),
    )
  return routes
}

const upgradeRefused = apiProblem(426, { message: 'Use HTTP for this resource.', code: 'upgrade_required' })

/** `…/backend-api/wham/x` and `…/api/codex/x`: which one a client asks depends on its base URL (protocol 9). */
function bothStyles(name: string): readonly string[] {
  return [`/backend-api/wham/${name}`, `/api/codex/${name}`]
}

/** Workspace routing (protocol 9.1). */
function accountsCheck(scenario: BackendScenario, account: EmulatedAccount, reachedOrigin: string) {
  const { accountId, userId, planType, isFedramp } = account
  return {
    accounts: [
      {
        id: accountId,
        account_user_id: `${userId}__${accountId}`,
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
