import { Hono } from 'hono'
import { type EmulatedAccount, findAccount } from './accounts.js'
import { type AuthorizationRequest, parseAuthorizationRequest, redirectLocation } from './authorization-request.js'
import type { EmulatorBindings } from './context.js'
import { openAiError } from './error-response.js'
import type { EmulatorApp, IssuerParts } from './issuer.js'
import { consentPage, problemPage } from './pages.js'
import { readParameters } from './parameters.js'
import { isForeignForm } from './same-origin.js'

/** `/oauth/authorize`: the consent page, and its form, which posts to the very URL the page has, so nothing is kept between them. */
export function createAuthorizeRoutes(parts: IssuerParts): EmulatorApp {
  const { accounts, context, options } = parts
  const rules = { context, redirectUris: options.redirectUris ?? [] }
  return new Hono<{ Bindings: EmulatorBindings }>().on(['GET', 'POST'], '/oauth/authorize', async ({ req, env }) => {
    const parsed = parseAuthorizationRequest(new URL(req.url), rules)
    env.note.outcome = 'authorize:refused'
    if (parsed.kind === 'show') return problemPage(parsed.problem)
    if (parsed.kind === 'redirect') return redirectTo(parsed.location)

    const { request } = parsed
    const allowed = accounts.filter((account) => isAllowed(account, request))
    const form = req.method === 'POST' ? await readParameters(req.raw) : undefined
    if (isForeignForm(req.raw)) return openAiError(403, 'forbidden', 'This form belongs to another page.')
    const [first] = allowed
    if (first === undefined) return deny(request, 'No account of yours is in an allowed workspace.')
    if (form?.['decision'] === 'deny') return deny(request, 'The sign-in was denied.')
    if (form?.['decision'] !== 'approve' && options.autoApprove !== true) {
      env.note.outcome = 'authorize:shown'
      return consentPage({ clientId: request.clientId, scope: request.scope, accounts: allowed })
    }
    env.note.outcome = 'authorize:approved'
    return approve(parts, request, findAccount(allowed, form?.['account'] ?? '') ?? first)
  })
}

function isAllowed(account: EmulatedAccount, { allowedAccountIds }: AuthorizationRequest): boolean {
  return allowedAccountIds.length === 0 || allowedAccountIds.includes(account.accountId)
}

function approve({ codes }: IssuerParts, request: AuthorizationRequest, account: EmulatedAccount): Response {
  const { redirectUri, scope, state } = request
  return redirectTo(redirectLocation(redirectUri, { code: codes.add({ ...request, account }), scope, state }))
}

function deny({ redirectUri, state }: AuthorizationRequest, description: string): Response {
  return redirectTo(redirectLocation(redirectUri, { error: 'access_denied', error_description: description, state }))
}

function redirectTo(location: string): Response {
  return new Response(null, { status: 302, headers: { location, 'cache-control': 'no-store' } })
}
